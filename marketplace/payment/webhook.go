package payment

import (
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"shuyuan/internal/fault"
)

// How far the time of a signature may be from ours: an old one may be somebody who sends
// it again, one of the future is none of a clock that is right.
const (
	oldest = 300 * time.Second
	early  = 60 * time.Second
)

// MostWebhook is how many bytes a webhook may have.
const MostWebhook = 1 << 20

// Webhook reads what Stripe sends by itself.
type Webhook struct {
	Secrets []string // of the endpoint: two while one takes the place of the other
	Live    bool     // whether this installation is for real money
	Now     func() time.Time
}

// Read takes the bytes of a webhook as they came, and its Stripe-Signature. It returns
// fault.Invalid for whatever is not signed with one of the secrets, or not now, and
// fault.Conflict for what is, and is not for this installation: of another mode, another
// account, or another version of the API than the library is made for. The first need
// no attention, the second do.
func (w Webhook) Read(body []byte, signature string) (Event, error) {
	if len(body) > MostWebhook {
		return Event{}, fault.New(fault.TooLarge, "通知太大。")
	}
	if err := w.timely(signature); err != nil {
		return Event{}, err
	}
	for _, secret := range w.Secrets {
		if secret == "" || webhook.ValidatePayloadIgnoringTolerance(body, signature, secret) != nil {
			continue
		}
		e, err := webhook.ConstructEventWithOptions(body, signature, secret, webhook.ConstructEventOptions{IgnoreTolerance: true, IgnoreAPIVersionMismatch: true})
		switch {
		case err != nil:
			return Event{}, fault.New(fault.Conflict, "通知看不懂。").Because(err)
		case e.APIVersion != stripe.APIVersion:
			return Event{}, fault.New(fault.Conflict, "通知用的是 %s 版接口，这里是 %s 版：请在支付机构把通知地址改到这个版本。", e.APIVersion, stripe.APIVersion)
		case e.Livemode != w.Live:
			return Event{}, fault.New(fault.Conflict, "通知和这个平台不是同一种模式（正式或测试）。")
		case e.Account != "":
			return Event{}, fault.New(fault.Conflict, "通知属于另一个账户。")
		case e.ID == "":
			return Event{}, fault.New(fault.Conflict, "通知没有编号。")
		}
		return event(&e), nil
	}
	return Event{}, fault.New(fault.Invalid, "通知的签名不对。")
}

// timely: the signature names one time, and it is about now.
func (w Webhook) timely(signature string) error {
	var at []string
	for part := range strings.SplitSeq(signature, ",") {
		if t, ok := strings.CutPrefix(strings.TrimSpace(part), "t="); ok {
			at = append(at, t)
		}
	}
	if len(at) != 1 {
		return fault.New(fault.Invalid, "通知的签名不对。")
	}
	seconds, err := strconv.ParseInt(at[0], 10, 64)
	if err != nil {
		return fault.New(fault.Invalid, "通知的签名不对。")
	}
	if age := w.Now().Sub(time.Unix(seconds, 0)); age > oldest || age < -early {
		return fault.New(fault.Invalid, "通知的签名不是现在的。")
	}
	return nil
}
