package api

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
	"golang.org/x/mod/sumdb/tlog"

	"shuyuan/internal/signing"
	"shuyuan/internal/transparency"
	"shuyuan/internal/transparency/wire"
	"shuyuan/portal"
)

// The transparency log, as everybody may read and verify it.

// InclusionWanted is which leaf is to be proven, in a log of which size.
type InclusionWanted struct {
	Leaf string `query:"leaf" minLength:"1" maxLength:"64" required:"true" pattern:"^([0-9]{1,15}|[0-9a-f]{64})$" doc:"Its index, from 0, or its hash (64 hexadecimal digits)" zh:"序号（从 0 起），或者哈希（64 位十六进制）" example:"0"`
	Size int64  `query:"size" minimum:"1" maximum:"9007199254740992" doc:"Leaves of the log that it is proven in; those of the newest checkpoint if left out" zh:"在多少条的日志里证明；不写就是最新检查点的条数" example:"3"`
}

// Inclusion proves that a leaf is in the log.
type Inclusion struct {
	Index      int64    `json:"index" doc:"Index of the leaf, from 0" zh:"序号，从 0 起" example:"0"`
	Hash       string   `json:"hash" doc:"RFC 6962: SHA-256 of 0x00 and the entry, hexadecimal" zh:"0x00 加条目的 SHA-256（RFC 6962），十六进制" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Entry      string   `json:"entry" doc:"The entry, as it was hashed" zh:"条目原文，就是取哈希的字节" example:"{\"kind\":\"key\",\"time\":\"2026-11-26T08:00:00Z\",\"body\":{}}"`
	Size       int64    `json:"size" doc:"Leaves of the log that it is proven in" zh:"日志的条数" example:"3"`
	Root       string   `json:"root" doc:"Root of that log, base64" zh:"那时的根，base64" example:"pOpZ9kHFSE/jfES+UxuS0GmGOc7ZIqeB8itDbWou8T0="`
	Proof      []string `json:"proof" nullable:"false" doc:"Audit path (RFC 6962, 2.1.1), base64, from the leaf up" zh:"审计路径（RFC 6962 第 2.1.1 节），base64，从叶往上"`
	Checkpoint string   `json:"checkpoint" doc:"The newest checkpoint with all signatures, as /log/checkpoint has it" zh:"最新的检查点和签名，和 /log/checkpoint 一样" example:"data.example/log\n3\npOpZ9kHFSE/jfES+UxuS0GmGOc7ZIqeB8itDbWou8T0=\n\n— data.example/log +gvB…\n"`
}

// ConsistencyWanted are two sizes of the log.
type ConsistencyWanted struct {
	From int64 `query:"from" required:"true" minimum:"1" maximum:"9007199254740992" doc:"Leaves of the earlier log" zh:"先前的条数" example:"1"`
	To   int64 `query:"to" minimum:"1" maximum:"9007199254740992" doc:"Leaves of the later log; those of the newest checkpoint if left out" zh:"后来的条数；不写就是最新检查点的条数" example:"3"`
}

// Consistency proves that the log only grew.
type Consistency struct {
	From       int64    `json:"from" doc:"Leaves of the earlier log" zh:"先前的条数" example:"1"`
	To         int64    `json:"to" doc:"Leaves of the later log" zh:"后来的条数" example:"3"`
	Proof      []string `json:"proof" nullable:"false" doc:"Consistency proof (RFC 6962, 2.1.2), base64" zh:"一致性证明（RFC 6962 第 2.1.2 节），base64"`
	Checkpoint string   `json:"checkpoint" doc:"The newest checkpoint with all signatures" zh:"最新的检查点和签名" example:"data.example/log\n3\npOpZ9kHFSE/jfES+UxuS0GmGOc7ZIqeB8itDbWou8T0=\n\n— data.example/log +gvB…\n"`
}

// SigningKeys are all keys of the platform that ever signed.
type SigningKeys struct {
	Origin string       `json:"origin" doc:"Name of the log, as checkpoints say it; empty before the first one" zh:"日志的名称，写在检查点里；还没有检查点时为空" example:"data.example/log"`
	Items  []SigningKey `json:"items" nullable:"false" doc:"In the order of the log" zh:"按写入日志的先后"`
}

// SigningKey is one of them.
type SigningKey struct {
	ID          string `json:"id" doc:"SHA-256 of its SubjectPublicKeyInfo (RFC 8410), hexadecimal: the key id in DSSE signatures" zh:"公钥信息（RFC 8410）的 SHA-256，十六进制；DSSE 签名里的 keyid" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Purpose     string `json:"purpose" enum:"statement,checkpoint,certificate" doc:"What it signs and nothing else" zh:"只签什么：statement 来源说明和回执，checkpoint 日志的状态，certificate 登记证书" example:"statement"`
	Algorithm   string `json:"algorithm" enum:"ed25519" doc:"Algorithm, RFC 8032" zh:"签名算法，RFC 8032" example:"ed25519"`
	Public      string `json:"public" doc:"Public key, base64" zh:"公钥，base64" example:"LUzVYXHxxgNPXW2XcEZtOmr0gaXr4hY4vOYQYhJDZ3k="`
	Verifier    string `json:"verifier,omitempty" doc:"Of a key for checkpoints: as signed notes have it (C2SP signed-note)" zh:"检查点密钥的写法（C2SP signed-note）" example:"data.example/log+fa0bc1ab+AS1M1WFx8cYDT11tl3BGbTpq9IGl6+IWOLzmEGISQ2d5"`
	From        string `json:"valid_from" format:"date-time" doc:"Since when it counts" zh:"从何时起有效" example:"2026-11-26T07:50:00Z"`
	Until       string `json:"valid_until" format:"date-time" doc:"Until when" zh:"到何时" example:"2028-11-25T08:00:00Z"`
	Introduced  string `json:"introduced_by" doc:"Key that signed the statement about it: the one before, or itself where it is the first" zh:"引入它的密钥：前一把；第一把由自己签" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Payload     string `json:"payload" doc:"That statement, base64: a DSSE payload of type application/vnd.shuyuan.key+json" zh:"引入的说明，base64：DSSE 载荷，类型 application/vnd.shuyuan.key+json" example:"e30="`
	Signature   string `json:"signature" doc:"Over its DSSE pre-authentication encoding, base64" zh:"对它的 DSSE 编码的签名，base64" example:"AA=="`
	Leaf        int64  `json:"leaf" doc:"Index of its leaf in the log" zh:"在日志里的序号" example:"0"`
	Revoked     string `json:"compromised_at,omitempty" format:"date-time" doc:"Of a revoked key: what the log has later counts no more, what it has earlier stays valid" zh:"已撤销：日志里晚于此时的不再算数，早于此时的仍然有效" example:"2027-01-05T00:00:00Z"`
	Reason      string `json:"revoked_for,omitempty" enum:"compromised,lost,retired" doc:"Why it was revoked" zh:"撤销的原因" example:"compromised"`
	RevokedLeaf int64  `json:"revocation_leaf,omitempty" doc:"Index of the leaf that revokes it" zh:"撤销它的那一条的序号" example:"12"`
}

// textual says that an operation answers with plain text.
func (o operation) textual() operation {
	o.Responses = map[string]*huma.Response{"200": {Content: map[string]*huma.MediaType{"text/plain": {}}}}
	return o
}

func (a *api) registerLog(h huma.API) {
	registerLive[Nothing, struct{}](h, op("getCheckpoint", "/log/checkpoint", "log").
		summary("The newest checkpoint", "最新的检查点").
		describe("A signed note (C2SP tlog-checkpoint): name of the log, number of leaves, root; below it the signature of the log and those of witnesses. "+
			"Tiles of hashes and of entries are at /log/tile/{level}/{n} and /log/tile/entries/{n} (C2SP tlog-tiles); full ones never change.",
			"签名的文本（C2SP tlog-checkpoint）：日志名称、条数、根，下面是日志和见证方的签名。哈希块和条目块在 /log/tile/{level}/{n}、/log/tile/entries/{n}（C2SP tlog-tiles），满块永不改变。").
		textual().
		example("/log/checkpoint"), a.sendCheckpoint)
	registerLive[InclusionWanted, body[Inclusion]](h, op("proveInclusion", "/log/proof/inclusion", "log").
		summary("A proof that a leaf is in the log", "某一条在日志里的证明").
		describe("With the entry, so that nothing else is needed to verify it.", "附条目原文，不用别的就能验证。").
		example("/log/proof/inclusion?leaf=0"), a.proveInclusion)
	registerLive[ConsistencyWanted, body[Consistency]](h, op("proveConsistency", "/log/proof/consistency", "log").
		summary("A proof that the log only grew", "日志只增不改的证明").
		describe("That the log of one size is the beginning of the log of another.", "证明一个条数的日志是另一个条数的日志的开头。").
		example("/log/proof/consistency?from=1"), a.proveConsistency)
	registerLive[Nothing, body[SigningKeys]](h, op("listSigningKeys", "/log/keys", "log").
		summary("The keys that sign, with their history", "签名密钥和它们的经过").
		describe("Each is introduced by the one before it, and each is in the log.", "每一把都由前一把引入，都在日志里。").
		example("/log/keys"), a.listSigningKeys)
}

func (a *api) sendCheckpoint(c *fiber.Ctx, _ *Nothing) error {
	p, err := a.PublicLog.Checkpoint(c.UserContext())
	if err != nil {
		return err
	}
	note := p.Full()
	if a.unchanged(c, visitor, string(note)) {
		return nil
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	return c.Send(note)
}

// sendTile is GET /log/tile/{level}/{n} and /log/tile/entries/{n}, also with
// .p/{width} behind them (C2SP tlog-tiles).
func (a *api) sendTile(_ *portal.Server, c *fiber.Ctx) error {
	if _, err := portal.Query(c); err != nil {
		return inQuery(err)
	}
	t, err := wire.ParseTilePath(c.Params("*"))
	if err != nil {
		return transparency.ErrNothing().Because(err)
	}
	var b []byte
	if t.Level == wire.Entries {
		b, err = a.PublicLog.Entries(c.UserContext(), t.N, t.Width)
	} else {
		b, err = a.PublicLog.Tile(c.UserContext(), t.Level, t.N, t.Width)
	}
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "public, max-age=300")
	if t.Width == wire.TileWidth {
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEOctetStream)
	return c.Send(b)
}

func (a *api) proveInclusion(c *fiber.Ctx, in *InclusionWanted) error {
	ctx := c.UserContext()
	if in.Leaf == "" {
		return malformed("query.leaf", "要写明哪一条。")
	}
	var leaf transparency.Logged
	var err error
	if len(in.Leaf) == 2*tlog.HashSize {
		var hash []byte
		if hash, err = hex.DecodeString(in.Leaf); err != nil || hex.EncodeToString(hash) != in.Leaf {
			return malformed("query.leaf", "要写序号，或者 64 位小写十六进制的哈希。")
		}
		leaf, err = a.PublicLog.ByHash(ctx, tlog.Hash(hash))
	} else {
		index, bad := strconv.ParseInt(in.Leaf, 10, 64)
		if bad != nil || strconv.FormatInt(index, 10) != in.Leaf || index < 0 {
			return malformed("query.leaf", "要写序号，或者 64 位小写十六进制的哈希。")
		}
		leaf, err = a.PublicLog.Leaf(ctx, index)
	}
	if err != nil {
		return err
	}
	p, err := a.PublicLog.Checkpoint(ctx)
	if err != nil {
		return err
	}
	out := Inclusion{Index: leaf.Index, Hash: hex.EncodeToString(leaf.Hash[:]), Entry: string(leaf.Bytes), Size: p.Size, Checkpoint: string(p.Full())}
	if in.Size != 0 {
		out.Size = in.Size
	}
	proof, err := a.PublicLog.Inclusion(ctx, leaf.Index, out.Size)
	if err != nil {
		return err
	}
	root, err := a.PublicLog.Root(ctx, out.Size)
	if err != nil {
		return err
	}
	out.Root, out.Proof = root.String(), inBase64(proof)
	return a.sendNow(c, out)
}

func (a *api) proveConsistency(c *fiber.Ctx, in *ConsistencyWanted) error {
	ctx := c.UserContext()
	if in.From == 0 {
		return malformed("query.from", "要写明从多少条起。")
	}
	p, err := a.PublicLog.Checkpoint(ctx)
	if err != nil {
		return err
	}
	out := Consistency{From: in.From, To: p.Size, Checkpoint: string(p.Full())}
	if in.To != 0 {
		out.To = in.To
	}
	proof, err := a.PublicLog.Consistency(ctx, out.From, out.To)
	if err != nil {
		return err
	}
	out.Proof = inBase64(proof)
	return a.sendNow(c, out)
}

func inBase64[P ~[]tlog.Hash](p P) []string {
	out := make([]string, len(p))
	for i, h := range p {
		out[i] = h.String()
	}
	return out
}

func (a *api) listSigningKeys(c *fiber.Ctx, _ *Nothing) error {
	ctx := c.UserContext()
	origin, err := a.PublicLog.Origin(ctx)
	if err != nil {
		return err
	}
	list, err := a.Keys.List(ctx)
	if err != nil {
		return err
	}
	out := SigningKeys{Origin: origin, Items: make([]SigningKey, len(list))}
	for i, k := range list {
		if out.Items[i], err = signingKey(origin, k); err != nil {
			return err
		}
	}
	return a.sendNow(c, out)
}

func signingKey(origin string, k signing.Key) (SigningKey, error) {
	out := SigningKey{
		ID: k.ID, Purpose: string(k.Purpose), Algorithm: "ed25519", Public: base64.StdEncoding.EncodeToString(k.Public), From: stamp(k.From), Until: stamp(k.Until),
		Introduced: k.By, Payload: base64.StdEncoding.EncodeToString(k.Payload), Signature: base64.StdEncoding.EncodeToString(k.Signature), Leaf: k.Leaf,
	}
	if k.Revoked != nil {
		out.Revoked, out.Reason, out.RevokedLeaf = stamp(k.Revoked.Compromised), string(k.Revoked.Reason), k.Revoked.Leaf
	}
	if k.Purpose != signing.Checkpoint || origin == "" {
		return out, nil
	}
	var err error
	out.Verifier, err = wire.VerifierKey(origin, k.Public)
	return out, err
}
