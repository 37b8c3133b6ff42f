package page_test

import (
	"fmt"
	"strings"

	"amends/pipeline/report/page"
)

// The page that README.md makes.
func ExampleDocument() {
	doc := &page.Document{Title: "Sellers", Heading: "Sellers", Sections: []page.Section{{
		ID: "sellers", Title: "What sellers bear",
		Blocks: []page.Block{&page.Table{
			Caption: "By seller", Head: 1, Columns: append(page.Names("seller"), page.Figures("issued")...),
			Rows: [][]page.Cell{page.Row("s-12", page.Money(1250, "USD"))},
			From: "issuance.parquet where funding is seller, by seller_id: sum of amount_minor.",
		}},
	}}}
	content, err := doc.HTML()
	fmt.Println(err, strings.Contains(string(content), `<th scope="row">s-12</th><td class="figures">$12.50</td>`), doc.HasCharts())
	// Output: <nil> true false
}
