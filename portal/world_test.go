package portal

import (
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
)

// Only what is published and not withheld is on any page a visitor can find.
func TestEveryListingShowsWhatIsPublicAndNothingElse(t *testing.T) {
	w := newWorld(t)
	w.Grid(t)
	w.Changed()
	for _, address := range []string{"/", "/datasets", "/datasets/feed.xml", "/sitemap-1.xml", "/feed.xml"} {
		a := w.get(t, address)
		if a.status != fiber.StatusOK {
			t.Fatalf("%s: %d %s", address, a.status, a.body)
		}
		for _, slug := range []string{"published-unconditional", "published-conditional"} {
			if !strings.Contains(a.body, slug) {
				t.Errorf("%s does not show %s", address, slug)
			}
		}
		for _, slug := range []string{"draft-", "withdrawn-", "-withheld"} {
			if strings.Contains(a.body, slug) {
				t.Errorf("%s shows %s", address, slug)
			}
		}
	}
}
