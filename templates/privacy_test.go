package templates

import (
	"context"
	"strings"
	"testing"

	"shuyuan/templates/text"
)

// The notice says that what is not written in it is not kept.
func TestThePrivacyNoticeNamesWhatPeopleLeaveHere(t *testing.T) {
	for lang, words := range map[text.Lang][]string{
		text.Chinese: {"提问", "数据需求", "关注", "通知", "webhook", "邀请", "密钥", "取过哪些数据集"},
		text.English: {"questions", "requests for data", "follow", "notices", "Webhook", "invited", "API keys", "datasets you took"},
	} {
		var all strings.Builder
		for _, k := range keptOfPeople(text.With(context.Background(), lang)) {
			all.WriteString(k.What + "\n")
		}
		for _, w := range words {
			if !strings.Contains(all.String(), w) {
				t.Errorf("%s: %q is not in\n%s", lang, w, &all)
			}
		}
	}
}
