package web

import (
	"net/http/httptest"
	"slices"
	"testing"
)

func TestPagesOfAList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		asked string
		all   int
		from  int
		links []link
		ok    bool
	}{
		{"", 0, 0, nil, true},
		{"", 50, 0, nil, true},
		{"", 51, 0, []link{{"Next page (2 of 2)", "/runs?page=2"}}, true},
		{"?page=2", 51, 50, []link{{"Previous page", "/runs?page=1"}}, true},
		{"?page=2", 101, 50, []link{{"Previous page", "/runs?page=1"}, {"Next page (3 of 3)", "/runs?page=3"}}, true},
		{"?page=2", 50, 0, nil, false},
	} {
		p, err := pageOf(httptest.NewRequest("GET", "/runs"+c.asked, nil), c.all, 50)
		if (err == nil) != c.ok || c.ok && (p.from != c.from || !slices.Equal(p.links("/runs?"), c.links)) {
			t.Errorf("%q of %d: %+v %v %v", c.asked, c.all, p, p.links("/runs?"), err)
		}
	}
}
