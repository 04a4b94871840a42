package verify

import "errors"

// Code is why a verdict is what it is.
type Code string

// Reason is a Code in words.
type Reason struct {
	Code    Code   `json:"code"`
	Text    string `json:"text"`
	English string `json:"english"`
}

// The codes.
const (
	AllWell         Code = "all-well"
	NoStamp         Code = "no-stamp"
	StampDamaged    Code = "stamp-damaged"
	StampTwice      Code = "stamp-twice"
	NoProof         Code = "no-proof"
	KeysNotTrusted  Code = "keys-not-trusted"
	KeysOdd         Code = "keys-odd"
	SignatureBad    Code = "signature-bad"
	KeyPurpose      Code = "key-of-another-purpose"
	KeyTime         Code = "key-not-valid-then"
	KeyRevoked      Code = "key-revoked-before"
	LeafOther       Code = "leaf-of-another"
	NotIncluded     Code = "not-in-the-log"
	CheckpointBad   Code = "checkpoint-not-signed"
	CosignatureBad  Code = "cosignature-bad"
	TimeOrder       Code = "time-order"
	ContentDiffers  Code = "content-differs"
	ContentKnown    Code = "content-known"
	ContentUnknown  Code = "content-unknown"
	NoticeChanged   Code = "notice-changed"
	NoticeMissing   Code = "notice-missing"
	Damaged         Code = "damaged"
	TooMuch         Code = "too-much"
	NameTwice       Code = "name-twice"
	NameOdd         Code = "name-odd"
	FileExtra       Code = "file-extra"
	BytesExtra      Code = "bytes-extra"
	Hidden          Code = "hidden"
	Formula         Code = "formula"
	SheetsOther     Code = "sheets-other"
	GeometryDiffers Code = "geometry-differs"
	NotOurs         Code = "not-ours"
	ListOther       Code = "list-of-others"
	NoList          Code = "no-list"
	NotAsDelivered  Code = "not-as-delivered"
	ReadHere        Code = "as-read-here"
	PagesOther      Code = "pages-not-as-delivered"
	PagesUnread     Code = "pages-unread"
	NotAsked        Code = "not-asked"
	StatusOdd       Code = "status-unknown"
	IsRecalled      Code = "recalled"
	IsInputGone     Code = "input-withdrawn"
	IsExpired       Code = "expired"
	IsRevoked       Code = "revoked"
	IsWithdrawn     Code = "withdrawn"
	ReceiptGenuine  Code = "receipt-genuine"
	ReceiptOther    Code = "receipt-of-another"
	ReceiptNoStamp  Code = "receipt-is-no-stamp"
	BytesReceived   Code = "bytes-received"
	DeliveryGenuine Code = "delivery-genuine"
	DeliveryOther   Code = "delivery-of-another"
	BytesHanded     Code = "bytes-handed-over"
	BytesSupplied   Code = "bytes-supplied"
	PaperNotRead    Code = "paper-not-read"
	PaperOther      Code = "paper-of-another"
	IsSuspended     Code = "suspended"
	DeveloperBad    Code = "developer-signature-bad"
)

// reasons are the codes as people read them.
var reasons = map[Code][2]string{
	AllWell:         {"文件与发出时逐字节相同，签名和日志记录都核对无误。", "The file is, byte for byte, what was delivered; signature and log entry were checked and agree."},
	NoStamp:         {"文件里没有来源标识。", "There is no stamp in the file."},
	StampDamaged:    {"文件里的来源标识读不出来。", "The stamp in the file cannot be read."},
	StampTwice:      {"文件里有不止一个来源标识。", "There is more than one stamp in the file."},
	NoProof:         {"没有找到这份标识的证明。", "There is no proof for this stamp."},
	KeysNotTrusted:  {"证明里的密钥没有与可信的密钥核对：任何人都能造出这样的证明。", "The keys in the proof were not compared with keys that are trusted: anybody can make such a proof."},
	KeysOdd:         {"证明里的密钥清单前后不一致。", "The list of keys in the proof contradicts itself."},
	SignatureBad:    {"标识上的签名不对。", "The signature of the stamp is wrong."},
	KeyPurpose:      {"签名的密钥不是用来签标识的。", "The key that signed is not for stamps."},
	KeyTime:         {"记入日志时，签名的密钥不在有效期内。", "The key that signed was not valid when the log recorded it."},
	KeyRevoked:      {"记入日志之前，签名的密钥已经失密。", "The key that signed was compromised before the log recorded it."},
	LeafOther:       {"日志里的记录说的不是这份标识。", "The entry of the log is not about this stamp."},
	NotIncluded:     {"证明没有显示日志里有这条记录。", "The proof does not show that the log has this entry."},
	CheckpointBad:   {"日志检查点的签名不对。", "The signature of the log's checkpoint is wrong."},
	CosignatureBad:  {"见证方对检查点的签名不对。", "A witness's signature of the checkpoint is wrong."},
	TimeOrder:       {"日志记录早于封存，时间顺序不对。", "The log recorded it before it was sealed."},
	ContentDiffers:  {"标识是真的，但数据不是封存时的数据。", "The stamp is genuine, but the data is not what was sealed."},
	ContentKnown:    {"这份数据与封存的一致。", "This data is what was sealed."},
	ContentUnknown:  {"没有封存过这样的数据，或者查不到。", "No such data was sealed, or it cannot be found."},
	NoticeChanged:   {"文件里的来源说明被改过，与签名的不一致。", "The notice in the file was changed: it does not say what is signed."},
	NoticeMissing:   {"文件里的来源说明不见了。", "The notice in the file is missing."},
	Damaged:         {"文件不完整，或者不是它看上去的格式。", "The file is not whole, or not of the format that it looks like."},
	TooMuch:         {"文件展开后太大，没有核对完。", "The file is too large once unpacked: it was not read to its end."},
	NameTwice:       {"同一个名字出现了两次，读的人可能看到不同的内容。", "One name occurs twice: readers may see different things."},
	NameOdd:         {"压缩包里有不该有的文件名。", "There is a name in the archive that should not be there."},
	FileExtra:       {"压缩包里有不属于它的文件。", "There is a file in the archive that does not belong to it."},
	BytesExtra:      {"文件前后多出了内容。", "There is something before or after the file."},
	Hidden:          {"工作簿里有隐藏或合并的内容，看到的和核对的不一样。", "Parts of the workbook are hidden or merged: what is seen is not what was checked."},
	Formula:         {"工作簿里有公式，它显示什么不能确定。", "There are formulas in the workbook: what they show is not certain."},
	SheetsOther:     {"工作簿里的工作表不是封存时的。", "The sheets of the workbook are not those that were delivered."},
	GeometryDiffers: {"地点与数据不一致。", "Places differ from the data."},
	NotOurs:         {"文件的写法不是本平台的：可能经别的程序另存过，也可能被人改过，别的程序读到的不一定是核对的内容。", "The file is not written as the platform writes it: another program may have saved it anew, or somebody changed it. Other programs need not read what was checked."},
	IsRecalled:      {"这个版本已被召回。", "This version was recalled."},
	IsWithdrawn:     {"这份数据后来撤下了，或者不再无条件开放。", "The data was withdrawn since, or is not open to everybody any more."},
	ReceiptGenuine:  {"下载凭证上的签名有效。", "The signature of the certificate of download is valid."},
	ReceiptOther:    {"这份下载凭证说的是另一个文件：字节不同。", "The certificate of download is of another file: the bytes differ."},
	ReceiptNoStamp:  {"文件里放来源标识的地方放的是一份凭证。凭证说的是别的文件，不是这份数据的标识。", "Where the stamp should be there is a receipt or a certificate. That is about another file, and no stamp of this data."},
	BytesReceived:   {"文件的字节与下载凭证上的一致。", "The bytes of the file are those in the certificate of download."},
	DeliveryGenuine: {"交付凭证上的签名有效。", "The signature of the receipt of delivery is valid."},
	DeliveryOther:   {"这份交付凭证说的是另一个文件：字节不同。", "The receipt of delivery is of another file: the bytes differ."},
	BytesHanded:     {"文件的字节与交付凭证上的一致。", "The bytes of the file are those in the receipt of delivery."},
	PaperNotRead:    {"签名在附件里，签的是下面写的；纸面上的字没有核对，要联网才知道这份 PDF 是不是本平台生成的那一份。", "What is signed is attached, and says what is shown below. The words on the page were not compared: ask the portal whether this PDF is one that was made there."},
	PaperOther:      {"附件里的凭证是真的，但这份 PDF 不是本平台生成的那一份：纸面上的字可能改过。", "The certificate that is attached is genuine, but this PDF is not one that was made here: its words may have been changed."},
	BytesSupplied:   {"文件的字节与本平台提供的一致。", "The bytes of the file are those that the platform supplies."},
	IsInputGone:     {"它用的数据或者产品已经撤下或者召回。", "Data or a product that it was made from was withdrawn or recalled."},
	IsExpired:       {"登记证或者它所依据的授权已到期。", "Its certificate of registration, or the authorisation under which it was made, has expired."},
	IsRevoked:       {"登记证或者它所依据的授权已被终止。", "Its certificate of registration, or the authorisation under which it was made, was ended."},
	IsSuspended:     {"它所依据的授权被暂停，或者现在没有生效。", "The authorisation under which it was made is suspended, or not in force now."},
	ListOther:       {"证明里的文件清单不是日志里记的那一份。", "The list of files in the proof is not the one that the log commits to."},
	NoList:          {"这份证明里没有发出的文件的清单，不知道文件是不是发出时的原样。", "This proof has no list of the files that were delivered: whether the file is one of them is not known."},
	NotAsDelivered:  {"文件不是发出时的原样，有人另存或改动过；按平台的读法内容和封存的一致，别的程序可能读出别的，请用原样的文件。", "The file is not as it was delivered: somebody saved it anew or changed it. Our reader finds in it what was sealed; another program may find something else. Use the file as it was delivered."},
	ReadHere:        {"一致是按平台的读法说的，别的程序可能读出别的，请用原样的文件。", "This is what our reader finds; another program may find something else. Use the file as it was delivered."},
	PagesOther:      {"PDF 不是发出时的原样，页面上写的是什么没有核对，请用原样的文件。", "The PDF is not as it was delivered, and what its pages show was not checked. Use the file as it was delivered."},
	PagesUnread:     {"PDF 的页面上写的是什么，核对不了。", "What the pages of a PDF show cannot be checked."},
	NotAsked:        {"是否被召回或失效没有查过，请联网核验。", "Whether it was recalled or ended since was not looked up: ask the portal."},
	DeveloperBad:    {"证明里开发主体的签名不符：它不是声明里的开发主体用登记的密钥签的。", "The signature of the developer in the proof is wrong: the developer that the statement names did not make it with a key of theirs."},
	StatusOdd:       {"证明里的状态这个程序不认识，按已失效对待，请到平台核验。", "The proof has a status that this program does not know: it is taken for ended. Ask the portal."},
}

// Reason is the code in words.
func (c Code) Reason() Reason { return Reason{Code: c, Text: reasons[c][0], English: reasons[c][1]} }

// odd is what is wrong with a file.
type odd struct{ code Code }

func (o odd) Error() string { return "verify: " + string(o.code) }

var (
	errDamaged error = odd{Damaged}
	errMuch    error = odd{TooMuch}
	errDiffers error = odd{ContentDiffers}
)

// codeOf is what an error says of a file.
func codeOf(err error) Code {
	var o odd
	if errors.As(err, &o) {
		return o.code
	}
	return Damaged
}
