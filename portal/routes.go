package portal

import (
	"cmp"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// Route is one thing that can be asked for, and by whom. What is not in Routes
// does not exist.
type Route struct {
	Method  string
	Path    string
	By      []account.Role
	Handle  func(*Server, *fiber.Ctx) error
	Public  bool   // the same for every visitor: may be kept in the page cache
	Session bool   // only for who has signed in: no visitor, and no key, which may have leaked
	Scope   string // what a key must be good for; reading if empty
	Stream  bool   // takes a body of any length, which the handler counts
	Gallery bool   // only where the gallery is shown
	Fresh   bool   // an act of weight: whoever sends it shows anew who they are
	Signed  bool   // a mail program may send it: the address holds a code that only we make, and does what that says
	Framed  bool   // other sites may frame it: it shows the same to everybody and does nothing
	Visit   Visit  // as what a GET is counted that is not answered from the page cache; a page if empty

	// Keep reports whether the page of an address is one that many ask for;
	// nil: all are. Others are made for who asks and not kept.
	Keep func(*fiber.Ctx) bool
}

var (
	anybody = []account.Role{account.Visitor}

	authorities = []account.Role{account.Authority}
	officers    = []account.Role{account.Officer}

	// who compiles the catalogue, and who decides about it
	compilers      = []account.Role{account.Officer, account.Head, account.Authority}
	demanded       = []account.Role{account.Officer, account.Authority}
	administrators = []account.Role{account.Administrator}

	// who is asked for data, who sees that, and who stops its use
	givers    = []account.Role{account.Officer, account.Head}
	askedFor  = []account.Role{account.Officer, account.Head, account.Authority}
	seeing    = []account.Role{account.Officer, account.Head, account.Authority, account.Regulator}
	stopping  = []account.Role{account.Officer, account.Head, account.Regulator}
	tendering = []account.Role{account.Officer, account.Authority} // who holds competitions
	guards    = []account.Role{account.SecurityAdministrator}
	auditors  = []account.Role{account.AuditAdministrator}
	keepers   = []account.Role{account.Administrator, account.SecurityAdministrator}
)

// Routes is every route of the portal. HEAD is answered wherever GET is.
var Routes = []Route{
	{Method: "GET", Path: "/healthz", By: anybody, Handle: (*Server).healthz, Visit: Uncounted},
	{Method: "GET", Path: "/static/*", By: anybody, Handle: (*Server).static, Visit: Uncounted},
	{Method: "GET", Path: "/favicon.ico", By: anybody, Handle: (*Server).favicon, Visit: Uncounted},
	{Method: "GET", Path: "/lang", By: anybody, Handle: (*Server).switchLanguage, Visit: Uncounted},
	{Method: "GET", Path: "/robots.txt", By: anybody, Handle: (*Server).robots, Public: true, Visit: Uncounted},
	{Method: "GET", Path: "/opensearch.xml", By: anybody, Handle: (*Server).openSearch, Public: true, Visit: Uncounted},
	{Method: "GET", Path: "/sitemap.xml", By: anybody, Handle: (*Server).sitemap, Public: true},
	{Method: "GET", Path: "/sitemap-:part<int>.xml", By: anybody, Handle: (*Server).sitemapPart, Public: true},
	{Method: "GET", Path: "/feed.xml", By: anybody, Handle: (*Server).feed, Public: true},

	{Method: "GET", Path: "/", By: anybody, Handle: (*Server).showHome, Public: true},
	{Method: "GET", Path: "/datasets", By: anybody, Handle: (*Server).showSearch, Public: true, Visit: SearchVisit},
	{Method: "GET", Path: "/datasets/suggest", By: anybody, Handle: (*Server).suggest, Public: true, Visit: SearchVisit},
	{Method: "GET", Path: "/datasets/feed.xml", By: anybody, Handle: (*Server).searchFeed, Public: true, Visit: SearchVisit},
	{Method: "GET", Path: "/datasets/:slug", By: anybody, Handle: (*Server).showDataset, Public: true},
	{Method: "GET", Path: "/datasets/:slug/feed.xml", By: anybody, Handle: (*Server).datasetFeed, Public: true},
	{Method: "GET", Path: "/datasets/:slug/notes", By: anybody, Handle: (*Server).showNotes, Public: true},
	{Method: "GET", Path: "/requests", By: anybody, Handle: (*Server).showRequests, Visit: SearchVisit},
	{Method: "GET", Path: "/requests/new", By: anybody, Handle: (*Server).showNewRequest, Session: true},
	{Method: "POST", Path: "/requests/new", By: anybody, Handle: (*Server).propose, Session: true},
	{Method: "GET", Path: "/requests/similar", By: anybody, Handle: (*Server).showAlike, Visit: SearchVisit},
	{Method: "GET", Path: "/requests/:id", By: anybody, Handle: (*Server).showRequest},
	{Method: "POST", Path: "/requests/:id/vote", By: anybody, Handle: (*Server).voteRequest, Session: true},
	{Method: "POST", Path: "/requests/:id/follow", By: anybody, Handle: (*Server).followRequest, Session: true},
	{Method: "POST", Path: "/requests/:id/withdraw", By: anybody, Handle: (*Server).withdrawRequest, Session: true},
	{Method: "GET", Path: "/requests/:id/report", By: anybody, Handle: (*Server).showReportRequest, Session: true},
	{Method: "POST", Path: "/requests/:id/report", By: anybody, Handle: (*Server).reportRequest, Session: true},
	{Method: "GET", Path: "/datasets/:slug/questions", By: anybody, Handle: (*Server).showQuestions, Public: true},
	{Method: "GET", Path: "/datasets/:slug/questions/:id/report", By: anybody, Handle: (*Server).showReport, Session: true},
	{Method: "POST", Path: "/datasets/:slug/questions/:id/report", By: anybody, Handle: (*Server).report, Session: true},
	{Method: "GET", Path: "/datasets/:slug/corrections", By: anybody, Handle: (*Server).showCorrections, Public: true},
	{Method: "GET", Path: "/datasets/:slug/correct", By: anybody, Handle: (*Server).showCorrect},
	{Method: "POST", Path: "/datasets/:slug/correct", By: anybody, Handle: (*Server).correct},
	{Method: "GET", Path: "/corrections", By: anybody, Handle: (*Server).showFollowedCorrection},
	{Method: "POST", Path: "/corrections", By: anybody, Handle: (*Server).settleCorrection},
	{Method: "GET", Path: "/account/corrections", By: anybody, Handle: (*Server).showOwnCorrections, Session: true},
	{Method: "GET", Path: "/desk/corrections", By: rechecking, Handle: (*Server).showDeskCorrections, Session: true},
	{Method: "GET", Path: "/desk/corrections/:id", By: rechecking, Handle: (*Server).showDeskCorrection, Session: true},
	{Method: "POST", Path: "/desk/corrections/:id", By: rechecking, Handle: (*Server).moveCorrection, Session: true},
	{Method: "GET", Path: "/datasets/:slug/ask", By: anybody, Handle: (*Server).showAsk, Session: true},
	{Method: "POST", Path: "/datasets/:slug/ask", By: anybody, Handle: (*Server).ask, Session: true},
	{Method: "GET", Path: "/datasets/:slug/decisions", By: anybody, Handle: (*Server).showDecisions},
	{Method: "GET", Path: "/datasets/:slug/apply", By: anybody, Handle: (*Server).showBefore},
	{Method: "POST", Path: "/datasets/:slug/apply", By: anybody, Handle: (*Server).beginApplication, Session: true},
	{Method: "GET", Path: "/datasets/:slug/all.zip", By: anybody, Handle: (*Server).downloadWhole, Visit: DownloadVisit},
	{Method: "GET", Path: "/datasets/:slug/resources/:id", By: anybody, Handle: (*Server).showResource, Public: true, Keep: worthKeeping, Visit: QuestionVisit},
	{Method: "GET", Path: "/datasets/:slug/resources/:id/explorer", By: anybody, Handle: (*Server).showExplorer, Public: true, Keep: worthKeeping, Visit: QuestionVisit},
	{Method: "GET", Path: "/datasets/:slug/resources/:id/embed", By: anybody, Handle: (*Server).showEmbed, Public: true, Keep: worthKeeping, Framed: true, Visit: QuestionVisit},
	{Method: "GET", Path: "/datasets/:slug/resources/:id/feed.xml", By: anybody, Handle: (*Server).fileFeed, Public: true},
	{Method: "GET", Path: "/datasets/:slug/resources/:id/changes", By: anybody, Handle: (*Server).chooseChanges},
	{Method: "GET", Path: "/datasets/:slug/resources/:id/changes/:version", By: anybody, Handle: (*Server).showChanges, Public: true},
	{Method: "GET", Path: "/datasets/:slug/resources/:id/changes/:version/rows.csv", By: anybody, Handle: (*Server).downloadChanges, Visit: DownloadVisit},
	{Method: "GET", Path: "/catalogues", By: anybody, Handle: (*Server).showLists, Public: true},
	{Method: "GET", Path: "/catalogues/:file", By: anybody, Handle: (*Server).listFile, Public: true},
	{Method: "GET", Path: "/departments", By: anybody, Handle: (*Server).showDepartments, Public: true},
	{Method: "GET", Path: "/departments/:slug", By: anybody, Handle: (*Server).showDepartment, Public: true},
	{Method: "GET", Path: "/departments/:slug/score", By: anybody, Handle: (*Server).showScore, Public: true},
	{Method: "GET", Path: "/departments/:slug/score.csv", By: anybody, Handle: (*Server).scoreCSV, Public: true},
	{Method: "GET", Path: "/departments/:slug/feed.xml", By: anybody, Handle: (*Server).departmentFeed, Public: true},
	{Method: "GET", Path: "/themes", By: anybody, Handle: (*Server).showThemes, Public: true},
	{Method: "GET", Path: "/themes/:slug", By: anybody, Handle: (*Server).showTheme, Public: true},
	{Method: "GET", Path: "/themes/:slug/feed.xml", By: anybody, Handle: (*Server).themeFeed, Public: true},
	{Method: "GET", Path: "/verify", By: anybody, Handle: (*Server).showVerify},
	{Method: "POST", Path: "/verify", By: anybody, Handle: (*Server).verifyFile, Stream: true},
	{Method: "GET", Path: "/verify/:what", By: anybody, Handle: (*Server).showVerified},
	{Method: "GET", Path: "/verify/:what/proof.json", By: anybody, Handle: (*Server).proofJSON, Visit: DownloadVisit},
	{Method: "GET", Path: "/receipts/of/:resource/:version", By: anybody, Handle: (*Server).showAskReceipt},
	{Method: "POST", Path: "/receipts/of/:resource/:version", By: anybody, Handle: (*Server).askReceipt},
	{Method: "GET", Path: "/receipts/:number", By: anybody, Handle: (*Server).showReceipt},
	{Method: "GET", Path: "/receipts/:number/pdf", By: anybody, Handle: (*Server).receiptPDF, Visit: DownloadVisit},
	{Method: "GET", Path: "/receipts/:number/dsse.json", By: anybody, Handle: (*Server).receiptEnvelope, Visit: DownloadVisit},
	{Method: "GET", Path: "/marketplace", By: anybody, Handle: (*Server).showMarket, Public: true, Keep: chosenFromLists, Visit: SearchVisit},
	{Method: "GET", Path: "/products", By: anybody, Handle: (*Server).showMarket, Public: true, Keep: chosenFromLists, Visit: SearchVisit},
	{Method: "GET", Path: "/products/:number", By: anybody, Handle: (*Server).showPublicProduct, Public: true},
	{Method: "GET", Path: "/products/:number/:version/:file", By: anybody, Handle: (*Server).productFile, Visit: DownloadVisit},
	{Method: "GET", Path: "/law", By: anybody, Handle: (*Server).showLaw, Public: true},
	{Method: "GET", Path: "/law/:profile", By: anybody, Handle: (*Server).showProfile, Public: true},
	{Method: "GET", Path: "/stats", By: anybody, Handle: (*Server).showStats, Public: true},
	{Method: "GET", Path: "/stats/promises", By: anybody, Handle: (*Server).showPromises, Public: true},
	{Method: "GET", Path: "/emergencies", By: anybody, Handle: (*Server).showEmergencies, Public: true},
	{Method: "GET", Path: "/help", By: anybody, Handle: (*Server).showHelp, Public: true},
	{Method: "GET", Path: "/about", By: anybody, Handle: (*Server).showAbout, Public: true},
	{Method: "GET", Path: "/privacy", By: anybody, Handle: (*Server).showPrivacy, Public: true},
	{Method: "GET", Path: "/_gallery", By: anybody, Handle: (*Server).showGallery, Gallery: true},

	{Method: "GET", Path: "/r/:resource", By: anybody, Handle: (*Server).newest},
	{Method: "OPTIONS", Path: "/r/:resource", By: anybody, Handle: (*Server).filesPreflight},
	{Method: "GET", Path: "/d/:resource/:version/:filename", By: anybody, Handle: (*Server).download, Visit: DownloadVisit},
	{Method: "OPTIONS", Path: "/d/:resource/:version/:filename", By: anybody, Handle: (*Server).filesPreflight},

	{Method: "GET", Path: "/sign-in", By: anybody, Handle: (*Server).showSignIn},
	{Method: "POST", Path: "/sign-in", By: anybody, Handle: (*Server).signIn},
	{Method: "GET", Path: "/sign-in/step", By: anybody, Handle: (*Server).showStep},
	{Method: "POST", Path: "/sign-in/step", By: anybody, Handle: (*Server).finishSignIn},
	{Method: "POST", Path: "/sign-in/passkey", By: anybody, Handle: (*Server).signInByPasskey},
	{Method: "GET", Path: "/sign-in/identity", By: anybody, Handle: (*Server).enterByIdentity},
	{Method: "GET", Path: IdentityCallback, By: anybody, Handle: (*Server).finishIdentity},
	{Method: "GET", Path: "/sign-up/identity", By: anybody, Handle: (*Server).showSignUpByIdentity},
	{Method: "POST", Path: "/sign-up/identity", By: anybody, Handle: (*Server).signUpByIdentity},
	{Method: "GET", Path: "/sign-up", By: anybody, Handle: (*Server).showSignUp},
	{Method: "POST", Path: "/sign-up", By: anybody, Handle: (*Server).signUp},
	{Method: "GET", Path: "/sign-up/confirm", By: anybody, Handle: (*Server).showCompleteSignUp},
	{Method: "POST", Path: "/sign-up/confirm", By: anybody, Handle: (*Server).completeSignUp},
	{Method: "GET", Path: "/recover", By: anybody, Handle: (*Server).showRecover},
	{Method: "POST", Path: "/recover", By: anybody, Handle: (*Server).recoverAccount},
	{Method: "GET", Path: "/recover/set", By: anybody, Handle: (*Server).showSetPassword},
	{Method: "POST", Path: "/recover/set", By: anybody, Handle: (*Server).setPassword},
	{Method: "POST", Path: "/sign-out", By: anybody, Handle: (*Server).signOut},
	{Method: "GET", Path: "/account", By: anybody, Handle: (*Server).showAccount, Session: true},
	{Method: "POST", Path: "/account/sessions/end", By: anybody, Handle: (*Server).endSessions, Session: true},

	{Method: "GET", Path: "/scenarios", By: anybody, Handle: (*Server).showScenarios, Visit: SearchVisit},
	{Method: "GET", Path: "/scenarios/feed.xml", By: anybody, Handle: (*Server).scenarioFeed},
	{Method: "GET", Path: "/scenarios/templates", By: anybody, Handle: (*Server).showScenarioTemplates},
	{Method: "POST", Path: "/scenarios/templates/:number", By: scenarioDesk, Handle: (*Server).moveScenarioTemplate, Session: true},
	{Method: "GET", Path: "/scenarios/:number", By: anybody, Handle: (*Server).showPublicScenario},
	{Method: "GET", Path: "/account/scenarios", By: anybody, Handle: (*Server).showOwnScenarios, Session: true},
	{Method: "GET", Path: "/account/scenarios/new", By: anybody, Handle: (*Server).showNewScenario, Session: true},
	{Method: "POST", Path: "/account/scenarios/new", By: anybody, Handle: (*Server).beginScenario, Session: true},
	{Method: "GET", Path: "/account/scenarios/:number", By: anybody, Handle: (*Server).showScenario, Session: true},
	{Method: "GET", Path: "/account/scenarios/:number/edit", By: anybody, Handle: (*Server).showEditScenario, Session: true},
	{Method: "POST", Path: "/account/scenarios/:number/edit", By: anybody, Handle: (*Server).saveScenario, Session: true},
	{Method: "POST", Path: "/account/scenarios/:number/autosave", By: anybody, Handle: (*Server).autosaveScenario, Session: true},
	{Method: "POST", Path: "/account/scenarios/:number/submit", By: anybody, Handle: (*Server).submitScenario, Session: true, Fresh: true},
	{Method: "POST", Path: "/account/scenarios/:number/move", By: anybody, Handle: (*Server).moveScenario, Session: true, Fresh: true},
	{Method: "POST", Path: "/account/scenarios/:number/sign", By: anybody, Handle: (*Server).signScenario, Session: true, Fresh: true},
	{Method: "POST", Path: "/account/scenarios/:number/follow", By: anybody, Handle: (*Server).followScenario, Session: true},
	{Method: "POST", Path: "/account/scenarios/:number/reports/:report", By: anybody, Handle: (*Server).moveScenarioReport, Session: true},
	{Method: "GET", Path: "/account/scenarios/:number/papers", By: anybody, Handle: (*Server).showScenarioPapers, Session: true},
	{Method: "POST", Path: "/account/scenarios/:number/papers", By: anybody, Handle: (*Server).addScenarioPapers, Session: true, Stream: true},
	{Method: "GET", Path: "/account/scenarios/:number/papers/:paper", By: anybody, Handle: (*Server).readScenarioPaper, Session: true, Visit: DownloadVisit},
	{Method: "POST", Path: "/account/scenarios/:number/papers/:paper/remove", By: anybody, Handle: (*Server).removeScenarioPaper, Session: true},
	{Method: "GET", Path: "/account/scenarios/:number/contracts/:contract", By: anybody, Handle: (*Server).showScenarioContract, Session: true},
	{Method: "GET", Path: "/account/scenarios/:number/contracts/:contract/pdf", By: anybody, Handle: (*Server).scenarioContractPDF, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/account/scenarios/:number/contracts/:contract/text", By: anybody, Handle: (*Server).scenarioContractText, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/desk/scenarios", By: scenarioDesk, Handle: (*Server).showDeskScenarios, Session: true},
	{Method: "GET", Path: "/desk/scenarios/:number", By: scenarioDesk, Handle: (*Server).showScenario, Session: true},
	{Method: "POST", Path: "/desk/scenarios/:number/move", By: scenarioDesk, Handle: (*Server).moveScenario, Session: true},
	{Method: "POST", Path: "/desk/scenarios/:number/sign", By: []account.Role{account.Operator}, Handle: (*Server).signScenario, Session: true, Fresh: true},
	{Method: "POST", Path: "/desk/scenarios/:number/opinion", By: givers, Handle: (*Server).opineScenario, Session: true},
	{Method: "POST", Path: "/desk/scenarios/:number/reports/:report", By: []account.Role{account.Operator}, Handle: (*Server).moveScenarioReport, Session: true},
	{Method: "POST", Path: "/desk/scenarios/:number/template", By: []account.Role{account.Operator, account.Authority}, Handle: (*Server).makeScenarioTemplate, Session: true},
	{Method: "GET", Path: "/desk/scenarios/:number/papers", By: authorities, Handle: (*Server).showScenarioPapers, Session: true},
	{Method: "POST", Path: "/desk/scenarios/:number/papers", By: authorities, Handle: (*Server).addScenarioPapers, Session: true, Stream: true},
	{Method: "GET", Path: "/desk/scenarios/:number/papers/:paper", By: scenarioDesk, Handle: (*Server).readScenarioPaper, Session: true, Visit: DownloadVisit},
	{Method: "POST", Path: "/desk/scenarios/:number/papers/:paper/remove", By: authorities, Handle: (*Server).removeScenarioPaper, Session: true},
	{Method: "GET", Path: "/desk/scenarios/:number/contracts/:contract", By: scenarioDesk, Handle: (*Server).showScenarioContract, Session: true},
	{Method: "GET", Path: "/desk/scenarios/:number/contracts/:contract/pdf", By: scenarioDesk, Handle: (*Server).scenarioContractPDF, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/desk/scenarios/:number/contracts/:contract/text", By: scenarioDesk, Handle: (*Server).scenarioContractText, Session: true, Visit: DownloadVisit},

	{Method: "GET", Path: "/applications", By: anybody, Handle: (*Server).showApplications, Session: true},
	{Method: "GET", Path: "/applications/:number", By: anybody, Handle: (*Server).showApplication, Session: true},
	{Method: "GET", Path: "/applications/:number/edit", By: anybody, Handle: (*Server).showEditApplication, Session: true},
	{Method: "POST", Path: "/applications/:number/edit", By: anybody, Handle: (*Server).saveApplication, Session: true},
	{Method: "POST", Path: "/applications/:number/autosave", By: anybody, Handle: (*Server).autosaveApplication, Session: true},
	{Method: "GET", Path: "/applications/:number/sign", By: anybody, Handle: (*Server).showSign, Session: true},
	{Method: "POST", Path: "/applications/:number/sign", By: anybody, Handle: (*Server).sign, Session: true, Fresh: true},
	{Method: "POST", Path: "/applications/:number/withdraw", By: anybody, Handle: (*Server).withdrawApplication, Session: true},
	{Method: "GET", Path: "/applications/:number/papers", By: anybody, Handle: (*Server).showPapers, Session: true},
	{Method: "POST", Path: "/applications/:number/papers", By: anybody, Handle: (*Server).addPapers, Session: true, Stream: true},
	{Method: "GET", Path: "/applications/:number/papers/:paper", By: anybody, Handle: (*Server).readCasePaper, Session: true, Visit: DownloadVisit},
	{Method: "POST", Path: "/applications/:number/papers/:paper/remove", By: anybody, Handle: (*Server).removePaper, Session: true},
	{Method: "POST", Path: "/applications/:number/dispute", By: anybody, Handle: (*Server).disputeApplication, Session: true},
	{Method: "GET", Path: "/applications/:number/agreement/:edition", By: anybody, Handle: (*Server).showAgreement, Session: true},
	{Method: "GET", Path: "/applications/:number/agreement/:edition/pdf", By: anybody, Handle: (*Server).agreementPDF, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/applications/:number/agreement/:edition/text", By: anybody, Handle: (*Server).agreementText, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/agreements/check", By: anybody, Handle: (*Server).checkAgreement},
	{Method: "GET", Path: "/grants", By: anybody, Handle: (*Server).showGrants, Session: true},
	{Method: "GET", Path: "/grants/:number", By: anybody, Handle: (*Server).showGrant, Session: true},
	{Method: "POST", Path: "/grants/:number/keys", By: anybody, Handle: (*Server).makeGrantKey, Session: true, Fresh: true},
	{Method: "POST", Path: "/grants/:number/apply", By: anybody, Handle: (*Server).followGrant, Session: true},
	{Method: "POST", Path: "/grants/:number/surrender", By: anybody, Handle: (*Server).surrenderGrant, Session: true, Fresh: true},
	{Method: "GET", Path: "/grants/:number/reports/:period", By: anybody, Handle: (*Server).showUseReport, Session: true},
	{Method: "POST", Path: "/grants/:number/reports/:period", By: anybody, Handle: (*Server).fileUseReport, Session: true},
	{Method: "GET", Path: "/grants/:number/destruction", By: anybody, Handle: (*Server).showDestruction, Session: true},
	{Method: "POST", Path: "/grants/:number/destruction", By: anybody, Handle: (*Server).certifyDestruction, Session: true, Fresh: true},
	{Method: "GET", Path: "/grants/:number/destruction/certificate", By: anybody, Handle: (*Server).showCertificate, Session: true},
	{Method: "GET", Path: "/grants/:number/audits/:id", By: anybody, Handle: (*Server).showUseAudit, Session: true},
	{Method: "POST", Path: "/grants/:number/audits/:id", By: anybody, Handle: (*Server).answerUseAudit, Session: true},
	{Method: "GET", Path: "/downloads", By: anybody, Handle: (*Server).showDownloads, Session: true},
	{Method: "POST", Path: "/grants/:number/report", By: anybody, Handle: (*Server).reportBreach, Session: true},
	{Method: "GET", Path: "/grants/:grant/breaches/:number", By: anybody, Handle: (*Server).showBreach, Session: true},
	{Method: "POST", Path: "/grants/:grant/breaches/:number", By: anybody, Handle: (*Server).moveBreach, Session: true},
	{Method: "POST", Path: "/account/keys", By: anybody, Handle: (*Server).createKey, Session: true, Fresh: true},
	{Method: "POST", Path: "/account/keys/revoke", By: anybody, Handle: (*Server).revokeKey, Session: true},
	{Method: "POST", Path: "/account/name", By: anybody, Handle: (*Server).renameAccount, Session: true},
	{Method: "POST", Path: "/account/address", By: anybody, Handle: (*Server).askForAddress, Session: true, Fresh: true},
	{Method: "GET", Path: "/account/address", By: anybody, Handle: (*Server).showNewAddress, Session: true},
	{Method: "POST", Path: "/account/address/confirm", By: anybody, Handle: (*Server).changeAddress, Session: true},
	{Method: "POST", Path: "/account/password", By: anybody, Handle: (*Server).changePassword, Session: true, Fresh: true},
	{Method: "GET", Path: "/account/factors", By: anybody, Handle: (*Server).showFactors, Session: true},
	{Method: "GET", Path: "/account/factors/qr.png", By: anybody, Handle: (*Server).showQR, Session: true},
	{Method: "POST", Path: "/account/factors/totp", By: anybody, Handle: (*Server).beginTOTP, Session: true, Fresh: true},
	{Method: "POST", Path: "/account/factors/totp/confirm", By: anybody, Handle: (*Server).confirmTOTP, Session: true, Fresh: true},
	{Method: "POST", Path: "/account/factors/totp/remove", By: anybody, Handle: (*Server).removeTOTP, Session: true, Fresh: true},
	{Method: "POST", Path: "/account/factors/codes", By: anybody, Handle: (*Server).newCodes, Session: true, Fresh: true},
	{Method: "POST", Path: "/account/factors/passkeys", By: anybody, Handle: (*Server).addPasskey, Session: true, Fresh: true},
	{Method: "POST", Path: "/account/factors/passkeys/remove", By: anybody, Handle: (*Server).removePasskey, Session: true, Fresh: true},
	{Method: "POST", Path: "/account/export", By: anybody, Handle: (*Server).exportAccount, Session: true, Fresh: true},
	{Method: "POST", Path: "/account/leave", By: anybody, Handle: (*Server).leaveAccount, Session: true, Fresh: true},
	{Method: "POST", Path: "/account/identity/link", By: anybody, Handle: (*Server).linkIdentity, Session: true, Fresh: true},
	{Method: "POST", Path: "/account/identity/unlink", By: anybody, Handle: (*Server).unlinkIdentity, Session: true, Fresh: true},
	{Method: "POST", Path: "/account/identity/confirm", By: anybody, Handle: (*Server).confirmByIdentity, Session: true},

	{Method: "GET", Path: "/desk/applications", By: askedFor, Handle: (*Server).showDeskApplications, Session: true},
	{Method: "GET", Path: "/desk/applications/:number", By: seeing, Handle: (*Server).showApplication, Session: true},
	{Method: "GET", Path: "/desk/applications/:number/agreement/:edition", By: seeing, Handle: (*Server).showAgreement, Session: true},
	{Method: "GET", Path: "/desk/applications/:number/agreement/:edition/pdf", By: seeing, Handle: (*Server).agreementPDF, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/desk/applications/:number/agreement/:edition/text", By: seeing, Handle: (*Server).agreementText, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/desk/applications/:number/papers", By: officers, Handle: (*Server).showPapers, Session: true},
	{Method: "POST", Path: "/desk/applications/:number/papers", By: officers, Handle: (*Server).addPapers, Session: true, Stream: true},
	{Method: "GET", Path: "/desk/applications/:number/papers/:paper", By: seeing, Handle: (*Server).readCasePaper, Session: true, Visit: DownloadVisit},
	{Method: "POST", Path: "/desk/applications/:number/papers/:paper/remove", By: officers, Handle: (*Server).removePaper, Session: true},
	{Method: "POST", Path: "/desk/applications/:number/accept", By: officers, Handle: (*Server).acceptApplication, Session: true},
	{Method: "POST", Path: "/desk/applications/:number/return", By: officers, Handle: (*Server).returnApplication, Session: true},
	{Method: "POST", Path: "/desk/applications/:number/scope", By: officers, Handle: (*Server).rejectApplication, Session: true},
	{Method: "POST", Path: "/desk/applications/:number/award", By: officers, Handle: (*Server).awardApplication, Session: true},
	{Method: "POST", Path: "/desk/applications/:number/awarded", By: officers, Handle: (*Server).recordAward, Session: true},
	{Method: "GET", Path: "/desk/applications/:number/tender", By: officers, Handle: (*Server).showTenderForApplication, Session: true},
	{Method: "POST", Path: "/desk/applications/:number/tender", By: officers, Handle: (*Server).startTender, Session: true},
	{Method: "POST", Path: "/desk/applications/:number/tender/join", By: officers, Handle: (*Server).joinTender, Session: true},
	{Method: "POST", Path: "/desk/applications/:number/decide", By: officers, Handle: (*Server).decideApplication, Session: true, Fresh: true},
	{Method: "POST", Path: "/desk/applications/:number/judge", By: authorities, Handle: (*Server).judgeApplication, Session: true},
	{Method: "GET", Path: "/desk/grants", By: givers, Handle: (*Server).showGrants, Session: true},
	{Method: "GET", Path: "/desk/grants/:number", By: seeing, Handle: (*Server).showGrant, Session: true},
	{Method: "POST", Path: "/desk/grants/:number/move", By: stopping, Handle: (*Server).moveGrant, Session: true, Fresh: true},
	{Method: "GET", Path: "/desk/use", By: usesFollowed, Handle: (*Server).showDeskUse, Session: true},
	{Method: "GET", Path: "/desk/use/reports/:id", By: usesFollowed, Handle: (*Server).showUseReport, Session: true},
	{Method: "POST", Path: "/desk/use/reports/:id", By: officers, Handle: (*Server).readUseReport, Session: true},
	{Method: "GET", Path: "/desk/use/destructions", By: usesFollowed, Handle: (*Server).showDestructions, Session: true},
	{Method: "GET", Path: "/desk/use/destructions/:id", By: usesFollowed, Handle: (*Server).showDestruction, Session: true},
	{Method: "GET", Path: "/desk/use/destructions/:id/certificate", By: usesFollowed, Handle: (*Server).showCertificate, Session: true},
	{Method: "POST", Path: "/desk/use/destructions/:id", By: officers, Handle: (*Server).judgeDestruction, Session: true},
	{Method: "GET", Path: "/desk/use/audits", By: usesFollowed, Handle: (*Server).showUseAudits, Session: true},
	{Method: "GET", Path: "/desk/use/audits/:id", By: usesFollowed, Handle: (*Server).showUseAudit, Session: true},
	{Method: "POST", Path: "/desk/use/audits/:id", By: useDrawers, Handle: (*Server).findUseAudit, Session: true},
	{Method: "GET", Path: "/desk/use/draws", By: useDrawers, Handle: (*Server).showDraws, Session: true},
	{Method: "POST", Path: "/desk/use/draws", By: useDrawers, Handle: (*Server).drawSample, Session: true},
	{Method: "GET", Path: "/desk/use/draws/:id", By: useDrawers, Handle: (*Server).showDraw, Session: true},
	{Method: "GET", Path: "/desk/catalogue/:slug/conditions", By: officers, Handle: (*Server).showConditions, Session: true},
	{Method: "POST", Path: "/desk/catalogue/:slug/conditions", By: officers, Handle: (*Server).setConditions, Session: true},
	{Method: "GET", Path: "/desk/inbox", By: account.Deskers, Handle: (*Server).showInbox, Session: true},
	{Method: "GET", Path: "/desk/inbox.csv", By: account.Deskers, Handle: (*Server).inboxCSV, Session: true, Visit: DownloadVisit},

	{Method: "GET", Path: "/account/questions", By: anybody, Handle: (*Server).showOwnQuestions, Session: true},
	{Method: "POST", Path: "/account/questions/:id/take-back", By: anybody, Handle: (*Server).takeBackQuestion, Session: true},
	{Method: "GET", Path: "/account/requests", By: anybody, Handle: (*Server).showOwnRequests, Session: true},
	{Method: "GET", Path: "/follow", By: anybody, Handle: (*Server).showFollow},
	{Method: "GET", Path: "/account/follows", By: anybody, Handle: (*Server).showFollows, Session: true},
	{Method: "POST", Path: "/account/follows", By: anybody, Handle: (*Server).follow, Session: true},
	{Method: "POST", Path: "/account/follows/:id/end", By: anybody, Handle: (*Server).endFollow, Session: true},
	{Method: "GET", Path: "/account/webhooks", By: anybody, Handle: (*Server).showWebhooks, Session: true},
	{Method: "POST", Path: "/account/webhooks", By: anybody, Handle: (*Server).addWebhook, Session: true, Fresh: true},
	{Method: "GET", Path: "/account/webhooks/:id", By: anybody, Handle: (*Server).showWebhook, Session: true},
	{Method: "POST", Path: "/account/webhooks/:id/prove", By: anybody, Handle: (*Server).proveWebhook, Session: true},
	{Method: "POST", Path: "/account/webhooks/:id/events", By: anybody, Handle: (*Server).chooseWebhookEvents, Session: true},
	{Method: "POST", Path: "/account/webhooks/:id/secret", By: anybody, Handle: (*Server).rotateWebhook, Session: true, Fresh: true},
	{Method: "POST", Path: "/account/webhooks/:id/stop", By: anybody, Handle: (*Server).stopWebhook, Session: true},
	{Method: "POST", Path: "/account/webhooks/:id/test", By: anybody, Handle: (*Server).testWebhook, Session: true},
	{Method: "POST", Path: "/account/webhooks/:id/again", By: anybody, Handle: (*Server).sendWebhookAgain, Session: true},
	{Method: "POST", Path: "/account/webhooks/:id/remove", By: anybody, Handle: (*Server).removeWebhook, Session: true},
	{Method: "GET", Path: "/account/notifications", By: anybody, Handle: (*Server).showNotices, Session: true},
	{Method: "POST", Path: "/account/notifications/read", By: anybody, Handle: (*Server).readNotices, Session: true},
	{Method: "GET", Path: "/account/notifications/settings", By: anybody, Handle: (*Server).showNoticeSettings, Session: true},
	{Method: "POST", Path: "/account/notifications/settings", By: anybody, Handle: (*Server).setNotices, Session: true},
	{Method: "GET", Path: "/account/notifications/:id", By: anybody, Handle: (*Server).openNotice, Session: true},
	{Method: "GET", Path: "/unsubscribe/:token", By: anybody, Handle: (*Server).showUnsubscribe},
	{Method: "POST", Path: "/unsubscribe/:token", By: anybody, Handle: (*Server).unsubscribe, Signed: true},
	{Method: "GET", Path: "/desk/notes", By: explainers, Handle: (*Server).showDeskNotes, Session: true},
	{Method: "GET", Path: "/desk/notes/new", By: officers, Handle: (*Server).showNewNote, Session: true},
	{Method: "POST", Path: "/desk/notes/new", By: officers, Handle: (*Server).writeNote, Session: true},
	{Method: "GET", Path: "/desk/notes/:id", By: explainers, Handle: (*Server).showDeskNote, Session: true},
	{Method: "POST", Path: "/desk/notes/:id", By: officers, Handle: (*Server).saveNote, Session: true},
	{Method: "POST", Path: "/desk/notes/:id/move", By: explainers, Handle: (*Server).moveNote, Session: true},
	{Method: "GET", Path: "/desk/questions", By: officers, Handle: (*Server).showDeskQuestions, Session: true},
	{Method: "GET", Path: "/desk/questions/:id", By: officers, Handle: (*Server).showDeskQuestion, Session: true},
	{Method: "POST", Path: "/desk/questions/:id", By: officers, Handle: (*Server).answerQuestion, Session: true},
	{Method: "POST", Path: "/desk/questions/:id/judge", By: officers, Handle: (*Server).judgeQuestion, Session: true},
	{Method: "GET", Path: "/desk/requests", By: demanded, Handle: (*Server).showDeskRequests, Session: true},
	{Method: "GET", Path: "/desk/requests/:id", By: demanded, Handle: (*Server).showDeskRequest, Session: true},
	{Method: "POST", Path: "/desk/requests/:id", By: demanded, Handle: (*Server).moveRequest, Session: true},
	{Method: "GET", Path: "/organisations", By: anybody, Handle: (*Server).showOrganisations, Session: true},
	{Method: "POST", Path: "/organisations", By: anybody, Handle: (*Server).makeOrganisation, Session: true},
	{Method: "GET", Path: "/organisations/:id", By: anybody, Handle: (*Server).showOrganisation, Session: true},
	{Method: "POST", Path: "/organisations/:id", By: anybody, Handle: (*Server).saveOrganisation, Session: true},
	{Method: "POST", Path: "/organisations/:id/submit", By: anybody, Handle: (*Server).submitOrganisation, Session: true},
	{Method: "GET", Path: "/organisations/:id/keys", By: anybody, Handle: (*Server).showDeveloperKeys, Session: true},
	{Method: "POST", Path: "/organisations/:id/keys", By: anybody, Handle: (*Server).registerDeveloperKey, Session: true, Fresh: true},
	{Method: "GET", Path: "/organisations/:id/keys/message", By: anybody, Handle: (*Server).sendPossession, Session: true},
	{Method: "POST", Path: "/organisations/:id/keys/revoke", By: anybody, Handle: (*Server).revokeDeveloperKey, Session: true, Fresh: true},
	{Method: "POST", Path: "/organisations/:id/papers", By: anybody, Handle: (*Server).addPaper, Session: true, Stream: true},
	{Method: "GET", Path: "/organisations/:id/papers/:paper", By: anybody, Handle: (*Server).readPaper, Session: true, Visit: DownloadVisit},
	{Method: "POST", Path: "/organisations/:id/invite", By: anybody, Handle: (*Server).inviteMember, Session: true},
	{Method: "POST", Path: "/organisations/:id/withdraw", By: anybody, Handle: (*Server).withdrawInvitation, Session: true},
	{Method: "POST", Path: "/organisations/:id/members", By: anybody, Handle: (*Server).setMember, Session: true},
	{Method: "GET", Path: "/invitations", By: anybody, Handle: (*Server).showInvitation, Session: true},
	{Method: "POST", Path: "/invitations", By: anybody, Handle: (*Server).join, Session: true},
	{Method: "GET", Path: "/desk/organisations", By: authorities, Handle: (*Server).showSubmitted, Session: true},
	{Method: "GET", Path: "/desk/organisations/:id", By: authorities, Handle: (*Server).showOrganisation, Session: true},
	{Method: "POST", Path: "/desk/organisations/:id", By: authorities, Handle: (*Server).decideOrganisation, Session: true},
	{Method: "POST", Path: "/desk/organisations/:id/suspension", By: authorities, Handle: (*Server).suspendOrganisation, Session: true, Fresh: true},

	{Method: "GET", Path: "/desk/dictionaries", By: officers, Handle: (*Server).showDictionaries, Session: true},
	{Method: "GET", Path: "/desk/resources/:id/dictionary", By: officers, Handle: (*Server).showDictionary, Session: true},
	{Method: "POST", Path: "/desk/resources/:id/dictionary", By: officers, Handle: (*Server).saveDictionary, Session: true},
	{Method: "POST", Path: "/desk/resources/:id/dictionary/import", By: officers, Handle: (*Server).importDictionary, Session: true},

	{Method: "GET", Path: "/desk/catalogue", By: compilers, Handle: (*Server).showEntries, Session: true},
	{Method: "GET", Path: "/desk/catalogue/new", By: officers, Handle: (*Server).showNewEntry, Session: true},
	{Method: "POST", Path: "/desk/catalogue/new", By: officers, Handle: (*Server).createEntry, Session: true},
	{Method: "GET", Path: "/desk/catalogue/:slug", By: compilers, Handle: (*Server).showEntry, Session: true},
	{Method: "POST", Path: "/desk/catalogue/:slug", By: officers, Handle: (*Server).saveEntry, Session: true},
	{Method: "POST", Path: "/desk/catalogue/:slug/autosave", By: officers, Handle: (*Server).autosaveEntry, Session: true},
	{Method: "POST", Path: "/desk/catalogue/:slug/move", By: compilers, Handle: (*Server).moveEntry, Session: true},
	{Method: "POST", Path: "/desk/catalogue/:slug/template", By: officers, Handle: (*Server).keepTemplate, Session: true},
	{Method: "GET", Path: "/desk/catalogue/:slug/files", By: officers, Handle: (*Server).showEntryFiles, Session: true},
	{Method: "POST", Path: "/desk/catalogue/:slug/files", By: officers, Handle: (*Server).arrangeEntryFiles, Session: true},
	{Method: "POST", Path: "/desk/catalogue/:slug/status", By: officers, Handle: (*Server).moveDataset, Session: true},
	{Method: "GET", Path: "/desk/catalogue/:slug/history", By: compilers, Handle: (*Server).showEntryHistory, Session: true},

	{Method: "GET", Path: "/desk/imports", By: officers, Handle: (*Server).showImports, Session: true},
	{Method: "POST", Path: "/desk/imports", By: officers, Handle: (*Server).previewImport, Session: true, Stream: true},
	{Method: "POST", Path: "/desk/imports/confirm", By: officers, Handle: (*Server).confirmImport, Session: true},
	{Method: "GET", Path: "/desk/imports/files/:file", By: officers, Handle: (*Server).bulkFile, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/desk/imports/:id", By: officers, Handle: (*Server).showImport, Session: true},
	{Method: "POST", Path: "/desk/imports/:id/undo", By: officers, Handle: (*Server).undoImport, Session: true},

	{Method: "GET", Path: "/desk/changes", By: compilers, Handle: (*Server).showCatalogueChanges, Session: true},
	{Method: "GET", Path: "/desk/changes/new", By: officers, Handle: (*Server).showNewCatalogueChange, Session: true},
	{Method: "POST", Path: "/desk/changes/new", By: officers, Handle: (*Server).recordCatalogueChange, Session: true},
	{Method: "GET", Path: "/desk/changes/:id", By: compilers, Handle: (*Server).showCatalogueChange, Session: true},
	{Method: "POST", Path: "/desk/changes/:id/move", By: compilers, Handle: (*Server).moveCatalogueChange, Session: true},
	{Method: "GET", Path: "/desk/changes/:id/entries/:slug", By: officers, Handle: (*Server).showChangedEntry, Session: true},
	{Method: "POST", Path: "/desk/changes/:id/entries/:slug", By: officers, Handle: (*Server).saveChangedEntry, Session: true},

	{Method: "POST", Path: "/desk/changes/:id/entries/:slug/open", By: officers, Handle: (*Server).openHeldEntry, Session: true},

	{Method: "GET", Path: "/desk/duplicates", By: compilers, Handle: (*Server).showDuplicates, Session: true},
	{Method: "POST", Path: "/desk/duplicates", By: authorities, Handle: (*Server).openDuplicate, Session: true},
	{Method: "GET", Path: "/desk/duplicates/:id", By: compilers, Handle: (*Server).showDuplicate, Session: true},
	{Method: "POST", Path: "/desk/duplicates/:id", By: authorities, Handle: (*Server).moveDuplicate, Session: true},
	{Method: "POST", Path: "/desk/duplicates/:id/position", By: officers, Handle: (*Server).stateOnDuplicate, Session: true},
	{Method: "GET", Path: "/desk/inconsistencies", By: compilers, Handle: (*Server).showInconsistencies, Session: true},
	{Method: "GET", Path: "/desk/inconsistencies/new", By: disputing, Handle: (*Server).showNewInconsistency, Session: true},
	{Method: "POST", Path: "/desk/inconsistencies", By: disputing, Handle: (*Server).openInconsistency, Session: true},
	{Method: "GET", Path: "/desk/inconsistencies/:id", By: compilers, Handle: (*Server).showInconsistency, Session: true},
	{Method: "POST", Path: "/desk/inconsistencies/:id", By: disputing, Handle: (*Server).moveInconsistency, Session: true},
	{Method: "POST", Path: "/desk/inconsistencies/:id/position", By: officers, Handle: (*Server).stateOnInconsistency, Session: true},

	{Method: "GET", Path: "/desk/reviews", By: reviewing, Handle: (*Server).showReviews, Session: true},
	{Method: "POST", Path: "/desk/reviews", By: officers, Handle: (*Server).proposeReview, Session: true},
	{Method: "GET", Path: "/desk/reviews/new", By: officers, Handle: (*Server).showNewReview, Session: true},
	{Method: "GET", Path: "/desk/reviews/events", By: reviewing, Handle: (*Server).showEvents, Session: true},
	{Method: "POST", Path: "/desk/reviews/events", By: []account.Role{account.Authority}, Handle: (*Server).declareEvent, Session: true},
	{Method: "POST", Path: "/desk/reviews/events/:id/end", By: []account.Role{account.Authority}, Handle: (*Server).endEvent, Session: true},
	{Method: "GET", Path: "/desk/reviews/incidents", By: []account.Role{account.Officer, account.Head, account.Authority, account.Regulator}, Handle: (*Server).showIncidents, Session: true},
	{Method: "POST", Path: "/desk/reviews/incidents", By: []account.Role{account.Head, account.Authority, account.Regulator}, Handle: (*Server).withdrawAtOnce, Session: true},
	{Method: "GET", Path: "/desk/reviews/:id", By: reviewing, Handle: (*Server).showReview, Session: true},
	{Method: "GET", Path: "/desk/reviews/:id/file", By: judging, Handle: (*Server).reviewFile, Session: true, Visit: DownloadVisit},
	{Method: "POST", Path: "/desk/reviews/:id", By: judging, Handle: (*Server).decideReview, Session: true},
	{Method: "POST", Path: "/desk/reviews/:id/revoke", By: []account.Role{account.SecurityReviewer, account.SecrecyReviewer, account.CyberspaceReviewer}, Handle: (*Server).revokeReview, Session: true},
	{Method: "GET", Path: "/desk/deidentify", By: officers, Handle: (*Server).showDeidentify, Session: true},
	{Method: "GET", Path: "/desk/deidentify/table", By: officers, Handle: (*Server).showRecipe, Session: true},
	{Method: "POST", Path: "/desk/deidentify/table", By: officers, Handle: (*Server).deidentify, Session: true},
	{Method: "GET", Path: "/desk/deidentify/consent", By: officers, Handle: (*Server).showConsent, Session: true},
	{Method: "POST", Path: "/desk/deidentify/consent", By: officers, Handle: (*Server).consent, Session: true},

	{Method: "GET", Path: "/desk/sharing", By: sharers, Handle: (*Server).showSharing, Session: true},
	{Method: "GET", Path: "/desk/sharing/entries/:slug", By: sharers, Handle: (*Server).showShareEntry, Session: true},
	{Method: "POST", Path: "/desk/sharing/entries/:slug", By: askers, Handle: (*Server).askShare, Session: true},
	{Method: "GET", Path: "/desk/sharing/entries/:slug/files/:resource/:kind", By: askers, Handle: (*Server).shareFile, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/desk/sharing/upward", By: askers, Handle: (*Server).showUpward, Session: true},
	{Method: "POST", Path: "/desk/sharing/upward", By: askers, Handle: (*Server).askUpward, Session: true},
	{Method: "GET", Path: "/desk/sharing/requests", By: sharers, Handle: (*Server).showShareRequests, Session: true},
	{Method: "GET", Path: "/desk/sharing/requests/:id", By: sharers, Handle: (*Server).showShareRequest, Session: true},
	{Method: "POST", Path: "/desk/sharing/requests/:id", By: sharers, Handle: (*Server).moveShareRequest, Session: true},

	{Method: "GET", Path: "/desk/breaches", By: supervisors, Handle: (*Server).showBreaches, Session: true},
	{Method: "GET", Path: "/desk/breaches/new", By: supervisors, Handle: (*Server).showNewBreach, Session: true},
	{Method: "POST", Path: "/desk/breaches", By: supervisors, Handle: (*Server).openBreach, Session: true, Fresh: true},
	{Method: "GET", Path: "/desk/breaches/:number", By: supervisors, Handle: (*Server).showBreach, Session: true},
	{Method: "POST", Path: "/desk/breaches/:number", By: supervisors, Handle: (*Server).moveBreach, Session: true, Fresh: true},

	{Method: "GET", Path: "/account/products", By: anybody, Handle: (*Server).showOwnProducts, Session: true},
	{Method: "POST", Path: "/account/products", By: anybody, Handle: (*Server).makeProduct, Session: true},
	{Method: "GET", Path: "/account/products/:number", By: anybody, Handle: (*Server).showProduct, Session: true},
	{Method: "POST", Path: "/account/products/:number", By: anybody, Handle: (*Server).editProduct, Session: true},
	{Method: "POST", Path: "/account/products/:number/move", By: anybody, Handle: (*Server).moveProduct, Session: true},
	{Method: "POST", Path: "/account/products/:number/versions", By: anybody, Handle: (*Server).buildVersion, Session: true},
	{Method: "GET", Path: "/account/products/:number/versions/:version", By: anybody, Handle: (*Server).showProductVersion, Session: true},
	{Method: "POST", Path: "/account/products/:number/versions/:version", By: anybody, Handle: (*Server).describeVersion, Session: true},
	{Method: "POST", Path: "/account/products/:number/versions/:version/contents", By: anybody, Handle: (*Server).addProductContent, Session: true},
	{Method: "POST", Path: "/account/products/:number/versions/:version/files", By: anybody, Handle: (*Server).addProductFile, Session: true, Stream: true},
	{Method: "GET", Path: "/account/products/:number/versions/:version/files/:file", By: anybody, Handle: (*Server).downloadProduct, Session: true, Visit: DownloadVisit},
	{Method: "POST", Path: "/account/products/:number/versions/:version/inputs", By: anybody, Handle: (*Server).addProductInput, Session: true},
	{Method: "POST", Path: "/account/products/:number/versions/:version/remove", By: anybody, Handle: (*Server).removeFromVersion, Session: true},
	{Method: "GET", Path: "/account/products/:number/versions/:version/statement.dsse", By: anybody, Handle: (*Server).sendUnsigned, Session: true},
	{Method: "POST", Path: "/account/products/:number/versions/:version/signature", By: anybody, Handle: (*Server).countersign, Session: true},
	{Method: "POST", Path: "/account/products/:number/versions/:version/move", By: anybody, Handle: (*Server).moveProductVersion, Session: true, Fresh: true},
	{Method: "GET", Path: "/desk/products", By: productDesk, Handle: (*Server).showOwnProducts, Session: true},
	{Method: "POST", Path: "/desk/products/:number/versions/:version/move", By: productStoppers, Handle: (*Server).moveProductVersion, Session: true, Fresh: true},
	{Method: "GET", Path: "/workspaces", By: anybody, Handle: (*Server).showWorkspaces, Session: true},
	{Method: "POST", Path: "/workspaces", By: anybody, Handle: (*Server).openWorkspace, Session: true},
	{Method: "GET", Path: "/workspaces/:number", By: anybody, Handle: (*Server).showWorkspace, Session: true},
	{Method: "POST", Path: "/workspaces/:number", By: anybody, Handle: (*Server).runProgram, Session: true},
	{Method: "POST", Path: "/workspaces/:number/close", By: anybody, Handle: (*Server).closeWorkspace, Session: true, Fresh: true},
	{Method: "POST", Path: "/workspaces/:number/members", By: anybody, Handle: (*Server).setWorkspaceMember, Session: true},
	{Method: "POST", Path: "/workspaces/:number/mounts/:mount", By: anybody, Handle: (*Server).takeMount, Session: true},
	{Method: "POST", Path: "/workspaces/:number/algorithms/:algorithm", By: anybody, Handle: (*Server).runAlgorithm, Session: true},
	{Method: "GET", Path: "/workspaces/:number/destruction", By: anybody, Handle: (*Server).showDestroyed, Session: true},
	{Method: "GET", Path: "/workspaces/:number/usage/:file", By: anybody, Handle: (*Server).downloadUsage, Session: true},
	{Method: "GET", Path: "/workspaces/:number/jobs/:job", By: anybody, Handle: (*Server).showWorkspaceJob, Session: true},
	{Method: "POST", Path: "/workspaces/:number/jobs/:job", By: anybody, Handle: (*Server).moveWorkspaceJob, Session: true},
	{Method: "GET", Path: "/workspaces/:number/jobs/:job/state", By: anybody, Handle: (*Server).workspaceJobState, Session: true, Visit: Uncounted},
	{Method: "GET", Path: "/workspaces/:number/reviews/:review", By: anybody, Handle: (*Server).showOwnReview, Session: true},
	{Method: "POST", Path: "/workspaces/:number/reviews/:review", By: anybody, Handle: (*Server).withdrawReview, Session: true},
	{Method: "GET", Path: "/workspaces/:number/releases/:file", By: anybody, Handle: (*Server).downloadRelease, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/desk/workspaces", By: overseers, Handle: (*Server).showDeskWorkspaces, Session: true},
	{Method: "GET", Path: "/desk/workspaces/:number", By: overseers, Handle: (*Server).showDeskWorkspace, Session: true},
	{Method: "POST", Path: "/desk/workspaces/:number", By: freezers, Handle: (*Server).moveDeskWorkspace, Session: true, Fresh: true},
	{Method: "POST", Path: "/desk/workspaces/:number/algorithms/:algorithm", By: judges, Handle: (*Server).moveDeskAlgorithm, Session: true},
	{Method: "GET", Path: "/desk/outputs", By: overseers, Handle: (*Server).showOutputs, Session: true},
	{Method: "GET", Path: "/desk/outputs/:review", By: overseers, Handle: (*Server).showOutput, Session: true},
	{Method: "POST", Path: "/desk/outputs/:review", By: judges, Handle: (*Server).moveOutput, Session: true},
	{Method: "GET", Path: "/log", By: anybody, Handle: (*Server).showLog},
	{Method: "GET", Path: "/tenders", By: anybody, Handle: (*Server).showTenders, Visit: SearchVisit},
	{Method: "GET", Path: "/tenders/feed.xml", By: anybody, Handle: (*Server).tenderFeed},
	{Method: "GET", Path: "/tenders/:number", By: anybody, Handle: (*Server).showTender},
	{Method: "GET", Path: "/tenders/:number/bid", By: anybody, Handle: (*Server).showBid, Session: true},
	{Method: "POST", Path: "/tenders/:number/bid", By: anybody, Handle: (*Server).previewBid, Session: true},
	{Method: "POST", Path: "/tenders/:number/bid/seal", By: anybody, Handle: (*Server).sealBid, Session: true, Fresh: true},
	{Method: "POST", Path: "/tenders/:number/bid/withdraw", By: anybody, Handle: (*Server).withdrawBid, Session: true, Fresh: true},
	{Method: "POST", Path: "/tenders/:number/bid/reveal", By: anybody, Handle: (*Server).revealBid, Session: true},
	{Method: "POST", Path: "/tenders/:number/challenge", By: anybody, Handle: (*Server).challengeTender, Session: true},
	{Method: "GET", Path: "/tenders/:number/panel", By: anybody, Handle: (*Server).showPanel, Session: true},
	{Method: "POST", Path: "/tenders/:number/panel", By: anybody, Handle: (*Server).declareInterest, Session: true},
	{Method: "POST", Path: "/tenders/:number/panel/marks", By: anybody, Handle: (*Server).handMarks, Session: true},
	{Method: "GET", Path: "/tenders/:number/papers/:paper", By: anybody, Handle: (*Server).readTenderPaper, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/account/tenders", By: anybody, Handle: (*Server).showOwnTenders, Session: true},
	{Method: "GET", Path: "/desk/tenders", By: seeing, Handle: (*Server).showDeskTenders, Session: true},
	{Method: "POST", Path: "/desk/tenders", By: tendering, Handle: (*Server).writeTender, Session: true},
	{Method: "GET", Path: "/desk/tenders/new", By: tendering, Handle: (*Server).showNewTender, Session: true},
	{Method: "GET", Path: "/desk/tenders/:number", By: seeing, Handle: (*Server).showDeskTender, Session: true},
	{Method: "POST", Path: "/desk/tenders/:number", By: tendering, Handle: (*Server).moveTender, Session: true, Fresh: true},
	{Method: "GET", Path: "/desk/tenders/:number/edit", By: tendering, Handle: (*Server).showEditTender, Session: true},
	{Method: "POST", Path: "/desk/tenders/:number/edit", By: tendering, Handle: (*Server).editTender, Session: true},
	{Method: "POST", Path: "/desk/tenders/:number/bids/:bid", By: tendering, Handle: (*Server).examineBid, Session: true},
	{Method: "POST", Path: "/desk/tenders/:number/panel", By: tendering, Handle: (*Server).changePanel, Session: true},
	{Method: "GET", Path: "/desk/tenders/:number/papers", By: tendering, Handle: (*Server).showTenderPapers, Session: true},
	{Method: "POST", Path: "/desk/tenders/:number/papers", By: tendering, Handle: (*Server).addTenderPapers, Session: true, Stream: true},
	{Method: "GET", Path: "/desk/tenders/:number/papers/:paper", By: tendering, Handle: (*Server).readTenderPaper, Session: true, Visit: DownloadVisit},
	{Method: "POST", Path: "/desk/tenders/:number/papers/:paper/remove", By: tendering, Handle: (*Server).removeTenderPaper, Session: true},

	{Method: "GET", Path: "/desk/orders", By: supervisors, Handle: (*Server).showOrders, Session: true},
	{Method: "GET", Path: "/desk/orders/new", By: []account.Role{account.Authority}, Handle: (*Server).showNewOrder, Session: true},
	{Method: "POST", Path: "/desk/orders", By: []account.Role{account.Authority}, Handle: (*Server).issueOrder, Session: true},
	{Method: "GET", Path: "/desk/orders/:number", By: supervisors, Handle: (*Server).showOrder, Session: true},
	{Method: "POST", Path: "/desk/orders/:number", By: supervisors, Handle: (*Server).moveOrder, Session: true},
	{Method: "GET", Path: "/desk/orders/:number/papers", By: givers, Handle: (*Server).showOrderPapers, Session: true},
	{Method: "POST", Path: "/desk/orders/:number/papers", By: givers, Handle: (*Server).addOrderPapers, Session: true, Stream: true},
	{Method: "GET", Path: "/desk/orders/:number/papers/:paper", By: supervisors, Handle: (*Server).readOrderPaper, Session: true, Visit: DownloadVisit},
	{Method: "POST", Path: "/desk/orders/:number/papers/:paper/remove", By: givers, Handle: (*Server).removeOrderPaper, Session: true},

	{Method: "GET", Path: "/operation", By: anybody, Handle: (*Server).showOperation},
	{Method: "GET", Path: "/operation/mandates.csv", By: anybody, Handle: (*Server).operationCSV, Visit: DownloadVisit},
	{Method: "GET", Path: "/operation/reports/:body/:year", By: anybody, Handle: (*Server).showDisclosureReport},
	{Method: "GET", Path: "/operation/reports/:body/:year/json", By: anybody, Handle: (*Server).reportJSON, Visit: DownloadVisit},
	{Method: "GET", Path: "/operation/reports/:body/:year/csv", By: anybody, Handle: (*Server).reportCSV, Visit: DownloadVisit},
	{Method: "GET", Path: "/operation/:number", By: anybody, Handle: (*Server).showDisclosed},
	{Method: "POST", Path: "/operation/:number/enter", By: anybody, Handle: (*Server).enterOperation, Session: true},
	{Method: "GET", Path: "/entries", By: anybody, Handle: (*Server).showEntrants, Session: true},
	{Method: "GET", Path: "/entries/:number", By: anybody, Handle: (*Server).showEntrant, Session: true},
	{Method: "POST", Path: "/entries/:number", By: anybody, Handle: (*Server).moveEntrant, Session: true},
	{Method: "POST", Path: "/entries/:number/papers", By: anybody, Handle: (*Server).addEntrantPapers, Session: true, Stream: true},
	{Method: "GET", Path: "/entries/:number/papers/:paper", By: anybody, Handle: (*Server).readEntrantPaper, Session: true, Visit: DownloadVisit},
	{Method: "POST", Path: "/entries/:number/papers/:paper/remove", By: anybody, Handle: (*Server).removeEntrantPaper, Session: true},

	{Method: "GET", Path: "/desk/authority", By: authorising, Handle: (*Server).showAuthority, Session: true},
	{Method: "POST", Path: "/desk/authority/reports", By: authorities, Handle: (*Server).issueReport, Session: true, Fresh: true},
	{Method: "GET", Path: "/desk/operator", By: operating, Handle: (*Server).showAuthority, Session: true},
	{Method: "GET", Path: "/desk/plans/new", By: authorities, Handle: (*Server).showNewPlan, Session: true},
	{Method: "POST", Path: "/desk/plans", By: authorities, Handle: (*Server).draftPlan, Session: true},
	{Method: "GET", Path: "/desk/plans/:number", By: authorising, Handle: (*Server).showPlan, Session: true},
	{Method: "POST", Path: "/desk/plans/:number", By: planning, Handle: (*Server).movePlan, Session: true, Fresh: true},
	{Method: "GET", Path: "/desk/plans/:number/edit", By: authorities, Handle: (*Server).showEditPlan, Session: true},
	{Method: "POST", Path: "/desk/plans/:number/edit", By: authorities, Handle: (*Server).savePlan, Session: true},
	{Method: "POST", Path: "/desk/plans/:number/award", By: authorities, Handle: (*Server).awardPlan, Session: true, Fresh: true},
	{Method: "GET", Path: "/desk/plans/:number/papers", By: authorities, Handle: (*Server).showPlanPapers, Session: true},
	{Method: "POST", Path: "/desk/plans/:number/papers", By: authorities, Handle: (*Server).addPlanPapers, Session: true, Stream: true},
	{Method: "GET", Path: "/desk/plans/:number/papers/:paper", By: authorising, Handle: (*Server).readPlanPaper, Session: true, Visit: DownloadVisit},
	{Method: "POST", Path: "/desk/plans/:number/papers/:paper/remove", By: authorities, Handle: (*Server).removePlanPaper, Session: true},
	{Method: "GET", Path: "/desk/plans/:number/agreement", By: authorities, Handle: (*Server).showDraftMandate, Session: true},
	{Method: "POST", Path: "/desk/plans/:number/agreement", By: authorities, Handle: (*Server).draftMandate, Session: true},
	{Method: "GET", Path: "/desk/mandates/:number", By: mandated, Handle: (*Server).showMandate, Session: true},
	{Method: "POST", Path: "/desk/mandates/:number", By: mandated, Handle: (*Server).moveMandate, Session: true, Fresh: true},
	{Method: "GET", Path: "/desk/mandates/:number/edit", By: authorities, Handle: (*Server).showEditMandate, Session: true},
	{Method: "POST", Path: "/desk/mandates/:number/edit", By: authorities, Handle: (*Server).saveMandate, Session: true},
	{Method: "GET", Path: "/desk/mandates/:number/renew", By: authorities, Handle: (*Server).showRenewMandate, Session: true},
	{Method: "POST", Path: "/desk/mandates/:number/renew", By: authorities, Handle: (*Server).renewMandate, Session: true},
	{Method: "POST", Path: "/desk/mandates/:number/evaluate", By: authorities, Handle: (*Server).evaluateMandate, Session: true},
	{Method: "GET", Path: "/desk/mandates/:number/pdf", By: mandated, Handle: (*Server).mandatePDF, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/desk/mandates/:number/text", By: mandated, Handle: (*Server).mandateText, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/desk/developers", By: mandated, Handle: (*Server).showEntrants, Session: true},
	{Method: "GET", Path: "/desk/developers/:number", By: mandated, Handle: (*Server).showEntrant, Session: true},
	{Method: "POST", Path: "/desk/developers/:number", By: mandated, Handle: (*Server).judgeEntrant, Session: true, Fresh: true},
	{Method: "GET", Path: "/desk/developers/:number/papers/:paper", By: mandated, Handle: (*Server).readEntrantPaper, Session: true, Visit: DownloadVisit},

	{Method: "GET", Path: "/registrations", By: anybody, Handle: (*Server).showRegistrationNotices},
	{Method: "GET", Path: "/registrations/:number", By: anybody, Handle: (*Server).showRegistrationNotice},
	{Method: "POST", Path: "/registrations/:number", By: anybody, Handle: (*Server).objectToRegistration},
	{Method: "GET", Path: "/certificates/:number", By: anybody, Handle: (*Server).showProductCertificate},
	{Method: "POST", Path: "/certificates/:number", By: anybody, Handle: (*Server).endCertificate, Session: true, Fresh: true},
	{Method: "GET", Path: "/certificates/:number/pdf", By: anybody, Handle: (*Server).certificatePDF, Visit: DownloadVisit},
	{Method: "GET", Path: "/certificates/:number/dsse.json", By: anybody, Handle: (*Server).certificateEnvelope, Visit: DownloadVisit},
	{Method: "GET", Path: "/account/products/:number/registration", By: anybody, Handle: (*Server).showRegistering, Session: true},
	{Method: "POST", Path: "/account/products/:number/registration", By: anybody, Handle: (*Server).register, Session: true},
	{Method: "GET", Path: "/account/registrations/:number", By: anybody, Handle: (*Server).showRegistration, Session: true},
	{Method: "POST", Path: "/account/registrations/:number", By: anybody, Handle: (*Server).moveRegistration, Session: true},
	{Method: "GET", Path: "/account/reports", By: reportsSeen, Handle: (*Server).showProductReports, Session: true},
	{Method: "GET", Path: "/account/reports/:number", By: anybody, Handle: (*Server).showProductReport, Session: true},
	{Method: "POST", Path: "/account/reports/:number", By: anybody, Handle: (*Server).moveProductReport, Session: true, Fresh: true},
	{Method: "GET", Path: "/account/products/:number/listings", By: anybody, Handle: (*Server).showSelling, Session: true},
	{Method: "POST", Path: "/account/products/:number/listings", By: anybody, Handle: (*Server).createListing, Session: true},
	{Method: "GET", Path: "/account/listings/:number", By: anybody, Handle: (*Server).showListing, Session: true},
	{Method: "POST", Path: "/account/listings/:number", By: anybody, Handle: (*Server).moveListing, Session: true},
	{Method: "POST", Path: "/account/listings/:number/plans", By: anybody, Handle: (*Server).makePlan, Session: true},
	{Method: "GET", Path: "/account/plans/:number", By: anybody, Handle: (*Server).showListingPlan, Session: true},
	{Method: "POST", Path: "/account/plans/:number", By: anybody, Handle: (*Server).moveListingPlan, Session: true},
	{Method: "GET", Path: "/desk/listings", By: listingDesk, Handle: (*Server).showListings, Session: true},
	{Method: "GET", Path: "/desk/listings/:number", By: listingDesk, Handle: (*Server).showListing, Session: true},
	{Method: "POST", Path: "/desk/listings/:number", By: listingStoppers, Handle: (*Server).moveListing, Session: true},
	{Method: "POST", Path: "/webhooks/stripe", By: anybody, Handle: (*Server).receiveWebhook, Signed: true},
	{Method: "GET", Path: "/desk/bank", By: bankReaders, Handle: (*Server).showBank, Session: true},
	{Method: "POST", Path: "/desk/bank", By: bankMovers, Handle: (*Server).openBankAccount, Session: true},
	{Method: "GET", Path: "/desk/bank/accounts/:number", By: bankReaders, Handle: (*Server).showBankAccount, Session: true},
	{Method: "POST", Path: "/desk/bank/accounts/:number", By: bankMovers, Handle: (*Server).moveBankAccount, Session: true, Fresh: true},
	{Method: "POST", Path: "/desk/bank/accounts/:number/statements", By: bankMovers, Handle: (*Server).importStatement, Session: true, Stream: true},
	{Method: "POST", Path: "/desk/bank/accounts/:number/lines", By: bankMovers, Handle: (*Server).typeBankLine, Session: true},
	{Method: "GET", Path: "/desk/bank/statements/:number", By: bankReaders, Handle: (*Server).showBankStatement, Session: true},
	{Method: "GET", Path: "/desk/bank/lines/:number", By: bankReaders, Handle: (*Server).showBankLine, Session: true},
	{Method: "POST", Path: "/desk/bank/lines/:number", By: bankMovers, Handle: (*Server).moveBankLine, Session: true},
	{Method: "GET", Path: "/desk/bank/instructions", By: bankReaders, Handle: (*Server).showInstructions, Session: true},
	{Method: "GET", Path: "/desk/bank/instructions/:number", By: bankReaders, Handle: (*Server).showInstruction, Session: true},
	{Method: "POST", Path: "/desk/bank/instructions/:number", By: bankMovers, Handle: (*Server).moveInstruction, Session: true},
	{Method: "GET", Path: "/desk/bank/files/:file", By: bankReaders, Handle: (*Server).instructionFile, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/desk/settlements", By: settlementReaders, Handle: (*Server).showSettlements, Session: true},
	{Method: "POST", Path: "/desk/settlements", By: settlementMovers, Handle: (*Server).judgePayoutAccount, Session: true, Fresh: true},
	{Method: "GET", Path: "/desk/settlements/:number", By: settlementReaders, Handle: (*Server).showSettlement, Session: true},
	{Method: "POST", Path: "/desk/settlements/:number", By: settlementMovers, Handle: (*Server).moveSettlement, Session: true, Fresh: true},
	{Method: "GET", Path: "/desk/settlements/:number/statement.csv", By: settlementReaders, Handle: (*Server).settlementCSV, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/account/settlements", By: anybody, Handle: (*Server).showOwnSettlements, Session: true},
	{Method: "POST", Path: "/account/settlements", By: anybody, Handle: (*Server).proposePayoutAccount, Session: true, Fresh: true},
	{Method: "GET", Path: "/account/settlements/:number", By: anybody, Handle: (*Server).showSettlement, Session: true},
	{Method: "POST", Path: "/account/settlements/:number", By: anybody, Handle: (*Server).moveSettlement, Session: true, Fresh: true},
	{Method: "GET", Path: "/account/settlements/:number/statement.csv", By: anybody, Handle: (*Server).settlementCSV, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/desk/ledger", By: bankReaders, Handle: (*Server).showLedger, Session: true},
	{Method: "GET", Path: "/desk/ledger/account", By: bankReaders, Handle: (*Server).showLedgerAccount, Session: true},
	{Method: "GET", Path: "/desk/ledger/transactions/:id", By: bankReaders, Handle: (*Server).showLedgerTransaction, Session: true},
	{Method: "GET", Path: "/desk/ledger/of/:subject", By: bankReaders, Handle: (*Server).showLedgerSubject, Session: true},
	{Method: "GET", Path: "/desk/ledger/files/:file", By: bankReaders, Handle: (*Server).ledgerFile, Session: true, Visit: DownloadVisit},
	{Method: "GET", Path: "/desk/exchange", By: exchanging, Handle: (*Server).showExchange, Session: true},
	{Method: "GET", Path: "/desk/exchange/:number", By: exchanging, Handle: (*Server).showRegistration, Session: true},
	{Method: "POST", Path: "/desk/exchange/:number", By: registrars, Handle: (*Server).moveRegistration, Session: true, Fresh: true},

	{Method: "GET", Path: "/desk/incidents", By: supervisors, Handle: (*Server).showDataIncidents, Session: true},
	{Method: "GET", Path: "/desk/incidents/new", By: supervisors, Handle: (*Server).showNewDataIncident, Session: true},
	{Method: "POST", Path: "/desk/incidents", By: supervisors, Handle: (*Server).openDataIncident, Session: true},
	{Method: "GET", Path: "/desk/incidents/:number", By: supervisors, Handle: (*Server).showDataIncident, Session: true},
	{Method: "POST", Path: "/desk/incidents/:number", By: supervisors, Handle: (*Server).moveDataIncident, Session: true},

	{Method: "GET", Path: "/desk/findings", By: officers, Handle: (*Server).showFindings, Session: true},
	{Method: "GET", Path: "/desk/findings/:id", By: officers, Handle: (*Server).showFinding, Session: true},
	{Method: "POST", Path: "/desk/findings/:id", By: officers, Handle: (*Server).decideFinding, Session: true},
	{Method: "GET", Path: "/desk/uploads", By: officers, Handle: (*Server).showUploads, Session: true},
	{Method: "POST", Path: "/desk/uploads", By: officers, Handle: (*Server).takeForm, Session: true, Stream: true},
	{Method: "GET", Path: "/desk/uploads/new", By: officers, Handle: (*Server).showNewUpload, Session: true},
	{Method: "GET", Path: "/desk/uploads/:id", By: officers, Handle: (*Server).showUpload, Session: true},
	{Method: "GET", Path: "/desk/uploads/:id/misfits.csv", By: officers, Handle: (*Server).misfitsCSV, Session: true, Visit: DownloadVisit},
	{Method: "POST", Path: "/desk/uploads/:id/reread", By: officers, Handle: (*Server).rereadUpload, Session: true},
	{Method: "POST", Path: "/desk/uploads/:id/publish", By: officers, Handle: (*Server).publishUpload, Session: true},
	{Method: "POST", Path: "/desk/uploads/:id/discard", By: officers, Handle: (*Server).discardUpload, Session: true},
	{Method: "OPTIONS", Path: "/desk/tus", By: officers, Handle: (*Server).tusOptions, Session: true},
	{Method: "POST", Path: "/desk/tus", By: officers, Handle: (*Server).tusCreate, Session: true, Stream: true},
	{Method: "HEAD", Path: "/desk/tus/:id", By: officers, Handle: (*Server).tusHead, Session: true},
	{Method: "PATCH", Path: "/desk/tus/:id", By: officers, Handle: (*Server).tusPatch, Session: true, Stream: true},
	{Method: "DELETE", Path: "/desk/tus/:id", By: officers, Handle: (*Server).tusDelete, Session: true, Stream: true},

	{Method: "GET", Path: "/desk/admin", By: account.Overseers, Handle: (*Server).showAdmin, Session: true},
	{Method: "GET", Path: "/desk/admin/accounts", By: keepers, Handle: (*Server).showAccounts, Session: true},
	{Method: "POST", Path: "/desk/admin/accounts", By: administrators, Handle: (*Server).createAccount, Session: true, Fresh: true},
	{Method: "GET", Path: "/desk/admin/accounts/:id", By: keepers, Handle: (*Server).showAdminAccount, Session: true},
	{Method: "POST", Path: "/desk/admin/accounts/:id/disable", By: administrators, Handle: (*Server).disableAccount, Session: true, Fresh: true},
	{Method: "POST", Path: "/desk/admin/accounts/:id/enable", By: administrators, Handle: (*Server).enableAccount, Session: true, Fresh: true},
	{Method: "POST", Path: "/desk/admin/accounts/:id/password", By: administrators, Handle: (*Server).resetPassword, Session: true, Fresh: true},
	{Method: "POST", Path: "/desk/admin/accounts/:id/identity", By: administrators, Handle: (*Server).prepareIdentity, Session: true, Fresh: true},
	{Method: "POST", Path: "/desk/admin/accounts/:id/factors/ask", By: administrators, Handle: (*Server).askToResetFactors, Session: true, Fresh: true},
	{Method: "POST", Path: "/desk/admin/accounts/:id/factors", By: guards, Handle: (*Server).resetFactors, Session: true, Fresh: true},
	{Method: "POST", Path: "/desk/admin/accounts/:id/roles", By: guards, Handle: (*Server).setRoles, Session: true, Fresh: true},
	{Method: "GET", Path: "/desk/admin/calendars", By: administrators, Handle: (*Server).showCalendars, Session: true},
	{Method: "POST", Path: "/desk/admin/calendars", By: administrators, Handle: (*Server).putCalendar, Session: true},
	{Method: "GET", Path: "/desk/admin/calendars/:year", By: administrators, Handle: (*Server).showCalendar, Session: true},
	{Method: "GET", Path: "/desk/admin/calendars/:year/days.csv", By: administrators, Handle: (*Server).calendarCSV, Session: true},
	{Method: "GET", Path: "/desk/admin/audit", By: auditors, Handle: (*Server).showAudit, Session: true},
	{Method: "GET", Path: "/desk/admin/audit.csv", By: auditors, Handle: (*Server).auditCSV, Session: true},
	{Method: "GET", Path: "/desk/admin/audit.ndjson", By: auditors, Handle: (*Server).auditNDJSON, Session: true},
	{Method: "GET", Path: "/desk/admin/audit/checks", By: auditors, Handle: (*Server).showAuditChecks, Session: true},
	{Method: "POST", Path: "/desk/admin/audit/verify", By: auditors, Handle: (*Server).verifyAudit, Session: true},
	{Method: "GET", Path: "/desk/admin/audit/:id", By: auditors, Handle: (*Server).showAuditEntry, Session: true},

	{Method: "GET", Path: "/desk/links", By: officers, Handle: (*Server).showDeskLinks, Session: true},
	{Method: "POST", Path: "/desk/links/check", By: officers, Handle: (*Server).checkLink, Session: true},
	{Method: "GET", Path: "/desk/links/:id", By: officers, Handle: (*Server).showDeskLink, Session: true},
	{Method: "POST", Path: "/desk/links/:id", By: officers, Handle: (*Server).saveDeskLink, Session: true},
}

// UploadRoutes is the tus server below another address, for keys. The portal's
// own lies at /desk/tus, for sessions.
func UploadRoutes(base string) []Route {
	return []Route{
		{Method: "POST", Path: base, By: officers, Handle: (*Server).tusCreate, Scope: account.ScopePublish, Stream: true},
		{Method: "HEAD", Path: base + "/:id", By: officers, Handle: (*Server).tusHead, Scope: account.ScopePublish},
		{Method: "PATCH", Path: base + "/:id", By: officers, Handle: (*Server).tusPatch, Scope: account.ScopePublish, Stream: true},
		{Method: "DELETE", Path: base + "/:id", By: officers, Handle: (*Server).tusDelete, Scope: account.ScopePublish},
	}
}

// DictionaryRoute is where a key brings a corrected data dictionary back, below
// base.
func DictionaryRoute(base string) Route {
	return Route{Method: "PUT", Path: base + "/resources/:id/dictionary", By: officers, Handle: (*Server).putDictionary, Scope: account.ScopePublish}
}

// FileRoutes is every route of the origin that serves downloads alone. It
// knows no session, so it serves what a visitor may have.
var FileRoutes = []Route{
	{Method: "GET", Path: "/healthz", By: anybody, Handle: (*Server).healthz, Visit: Uncounted},
	{Method: "GET", Path: "/robots.txt", By: anybody, Handle: (*Server).noRobots, Visit: Uncounted},
	{Method: "GET", Path: "/r/:resource", By: anybody, Handle: (*Server).newest},
	{Method: "OPTIONS", Path: "/r/:resource", By: anybody, Handle: (*Server).filesPreflight},
	{Method: "GET", Path: "/d/:resource/:version/:filename", By: anybody, Handle: (*Server).download, Visit: DownloadVisit},
	{Method: "OPTIONS", Path: "/d/:resource/:version/:filename", By: anybody, Handle: (*Server).filesPreflight},
}

// add registers a route, with HEAD beside GET.
func (s *Server) add(app *fiber.App, r Route) {
	if len(r.By) == 0 { // deny by default, also if a test was not run
		panic("portal: nobody may ask for " + r.Method + " " + r.Path)
	}
	if r.Stream {
		s.streams = append(s.streams, r)
	}
	r.Visit = r.counted()
	app.Add(r.Method, r.Path, s.behind(r))
	if r.Method == fiber.MethodGet {
		app.Add(fiber.MethodHead, r.Path, s.behind(r))
	}
}

// counted is as what the requests of a route are counted.
func (r Route) counted() Visit {
	switch {
	case r.Method != fiber.MethodGet, strings.HasPrefix(r.Path, "/api/"): // forms and the API have limits of their own
		return Uncounted
	case r.Visit == "":
		return PageVisit
	}
	return r.Visit
}

// behind is a route behind its gate: who asks, whether a page of ours made the
// request, then the page cache, then the handler.
func (s *Server) behind(r Route) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Locals(keyRoute, r.Path)
		who := actor(c)
		if err := r.admits(who); err != nil {
			return err
		}
		if !r.Signed {
			if err := s.checkForgery(c, r); err != nil {
				return err
			}
		}
		if r.Fresh {
			if asked, err := s.confirmFirst(c); asked || err != nil {
				return err
			}
		}
		if r.Framed {
			mayBeFramed(c)
		}
		if r.Public && who.IsVisitor() && !s.carriesSession(c) {
			return s.cached(c, r)
		}
		if err := s.admitVisit(c, r.Visit); err != nil {
			return err
		}
		c.Set(fiber.HeaderCacheControl, "private, no-store") // unless the handler knows better
		return r.Handle(s, c)
	}
}

// admits returns a fault unless who may ask for the route.
func (r Route) admits(who account.Actor) error {
	switch {
	case who.IsVisitor() && (r.Session || !who.Any(r.By...)):
		return fault.New(fault.Unauthenticated, "请先登录。")
	case r.Session && who.Session == "":
		return fault.New(fault.Forbidden, "这里要登录才能来，密钥不行。")
	case !who.Any(r.By...):
		return fault.New(fault.Forbidden, "您的角色不能看这一页。")
	case !who.Covers(cmp.Or(r.Scope, account.ScopeRead)):
		return fault.New(fault.Forbidden, "这个密钥没有这项用途。")
	}
	return nil
}
