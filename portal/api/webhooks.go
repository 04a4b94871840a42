package api

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets/webhooks"
	"shuyuan/portal/notify"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// describeWebhooks adds what the portal sends to programs, by the names of the
// events (OpenAPI 3.1, webhooks).
func describeWebhooks(doc *huma.OpenAPI) {
	body := doc.Components.Schemas.Schema(reflect.TypeFor[notify.WebhookMessage](), true, "WebhookMessage")
	header := func(name, en, zh string) *huma.Param {
		return &huma.Param{Name: name, In: "header", Required: true, Description: en, Schema: &huma.Schema{Type: "string"}, Extensions: map[string]any{descriptionZH: zh}}
	}
	doc.Webhooks = map[string]*huma.PathItem{}
	for _, e := range append(webhooks.Events[:len(webhooks.Events):len(webhooks.Events)], webhooks.Test, webhooks.Challenge) {
		name := templates.WebhookEvents[e]
		doc.Webhooks[string(e)] = &huma.PathItem{Post: &huma.Operation{
			OperationID: string(e), Method: http.MethodPost, Summary: text.In(text.English, name), Extensions: map[string]any{summaryZH: name},
			Parameters: []*huma.Param{
				header("webhook-id", "Names what is told, the same at every attempt: do a thing once for each.", "这件事的名字，每次送都一样：同一个只办一次。"),
				header("webhook-timestamp", "When it was sent, in seconds since 1970; refuse what is older than five minutes.", "送出的时间，1970 年以来的秒数；差五分钟以上的不要收。"),
				header("webhook-signature", "v1, a comma and the HMAC-SHA256 of id.timestamp.body by the secret, in base64; several, between blanks, while a secret is replaced. One that is right is enough.", "v1、逗号和用密钥算的 HMAC-SHA256（id.timestamp.正文，base64）；换密钥期间有几个，用空格分开，对上一个就行。"),
			},
			RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{fiber.MIMEApplicationJSON: {Schema: body}}},
			Responses: map[string]*huma.Response{
				"2XX": {Description: "Accepted. To webhook.challenge the body is the challenge as it came."},
				"410": {Description: "Nothing more is wanted: the address is switched off."},
			},
		}}
	}
}

// webhookCheck is how a program checks a signature.
const webhookCheck = `# pip install flask standardwebhooks
from flask import Flask, request
from standardwebhooks.webhooks import Webhook

app = Flask(__name__)
wh = Webhook("whsec_…")           # 页面只显示一次 / shown once on the page

@app.post("/hook")
def hook():
    m = wh.verify(request.get_data(), request.headers)   # 签名或时间不对就抛错 / raises if not ours
    if m["type"] == "webhook.challenge":
        return m["data"]["challenge"]
    if m["type"] == "dataset.schema_changed":
        print(m["data"]["dataset"]["slug"], m["data"]["columns"])
    return "", 204
`
