package templates

import (
	"context"
	"strconv"

	"shuyuan/internal/signing"
	"shuyuan/internal/transparency"
	"shuyuan/internal/transparency/wire"
	"shuyuan/templates/text"
)

func logFigures(ctx context.Context, p LogPage) []Figure {
	return []Figure{
		{Number: Thousands(p.Checkpoint.Size), Words: text.T(ctx, "条记录")},
		{Number: Moment(p.Checkpoint.Signed), Words: text.T(ctx, "签署的时间")},
		{Number: strconv.Itoa(1 + len(p.Checkpoint.Cosignatures)), Words: text.T(ctx, "个签名")},
	}
}

// leafKind is what a leaf is about.
func leafKind(ctx context.Context, k wire.Kind) string {
	switch k {
	case wire.Seal:
		return text.T(ctx, "产品封存")
	case wire.Recall:
		return text.T(ctx, "产品撤回")
	case wire.Certificate:
		return text.T(ctx, "产品登记")
	case wire.KeyMade:
		return text.T(ctx, "启用密钥")
	case wire.Revocation:
		return text.T(ctx, "撤销密钥")
	case wire.Receipt:
		return text.T(ctx, "交付回执")
	case wire.DeveloperKey:
		return text.T(ctx, "登记开发主体的密钥")
	case wire.Countersign:
		return text.T(ctx, "开发主体签名")
	}
	return string(k)
}

// leafNames is what a leaf names, shortest first: a product and its version, a
// certificate, a key, or a digest.
func leafNames(l transparency.Logged) string {
	switch b := l.Body; l.Kind {
	case wire.Seal, wire.Recall, wire.Countersign:
		return b["product"] + "@" + b["version"]
	case wire.Certificate:
		return b["certificate"]
	case wire.Receipt:
		return shortened(b["commitment"])
	default:
		return shortened(b["key"])
	}
}

func shortened(digest string) string {
	if len(digest) > 16 {
		return digest[:16] + "…"
	}
	return digest
}

func keyPurpose(ctx context.Context, p signing.Purpose) string {
	switch p {
	case signing.Statement:
		return text.T(ctx, "来源说明和回执")
	case signing.Checkpoint:
		return text.T(ctx, "日志的检查点")
	case signing.Certificate:
		return text.T(ctx, "登记证书")
	}
	return string(p)
}
