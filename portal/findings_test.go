package portal

import (
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v2"
)

// Findings are behind the sign-in of officers.
func TestFindingsAreForOfficersAlone(t *testing.T) {
	w := newWorld(t)
	for _, address := range []string{"/desk/findings", "/desk/findings/1"} {
		a := w.get(t, address)
		if a.status == http.StatusOK {
			t.Errorf("%s: a visitor gets %d", address, a.status)
		}
		if a.header.Get(fiber.HeaderCacheControl) == "public" {
			t.Errorf("%s may be kept", address)
		}
	}
}
