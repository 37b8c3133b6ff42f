package rules

import (
	"amends/rules/diag"
	"amends/rules/ir"
)

// catalogs are what the files under testdata are checked against: each names
// one in its first line, "# catalog: shop".
var catalogs = map[string]func() *Catalog{"shop": shop, "dollars": dollars}

func column(name string, kind ir.Kind) Column { return Column{Name: name, Type: ir.Type{Kind: kind}} }

func nullable(name string, kind ir.Kind) Column {
	return Column{Name: name, Type: ir.Type{Kind: kind, Nullable: true}}
}

func workspaceText(expr string, line int) diag.Text {
	return diag.Text{Source: expr, Parts: []diag.Part{{Pos: diag.Pos{File: "amends.yaml", Line: line, Col: 11}, Line: "      at: " + expr}}}
}

// shop has two event sources in three currencies, of which one has no seller,
// and the dimensions of DESIGN's example.
func shop() *Catalog {
	return &Catalog{
		Currencies: []string{"USD", "GBP", "JPY"},
		Sources: []Source{
			{
				Name: "defects", CurrencyColumn: "currency", Order: "order_id", Customer: "customer_id",
				Since: "ordered_at", Value: "item_price", At: workspaceText("reported_at", 30),
				Columns: []Column{
					column("case_id", ir.String), column("order_id", ir.String), column("customer_id", ir.String),
					column("currency", ir.String), column("item_price", ir.Money), column("return_cost", ir.Money),
					column("ordered_at", ir.Time), column("delivered_at", ir.Time), column("reported_at", ir.Time),
					column("evidence_count", ir.Int), column("case_status", ir.String),
				},
			},
			{
				Name: "deliveries", CurrencyColumn: "currency", Order: "order_id", Customer: "customer_id", Seller: "seller_id",
				Since: "shipped_at", Value: "item_price", Zone: "zone", At: workspaceText("delivered_at ?? (promised_at + hours(168))", 17),
				Columns: []Column{
					column("delivery_id", ir.String), column("order_id", ir.String), column("customer_id", ir.String),
					nullable("seller_id", ir.String), column("currency", ir.String), column("item_price", ir.Money),
					column("shipped_at", ir.Time), column("promised_at", ir.Time), nullable("delivered_at", ir.Time),
					nullable("exception_code", ir.String), column("zone", ir.String), column("Carrier Name", ir.String),
				},
			},
		},
		Dimensions: []Dimension{
			{Name: "customer", On: "customer_id", Required: true, Columns: []Column{
				column("customer_id", ir.String), column("tier", ir.String), nullable("region", ir.String), column("lifetime_value", ir.Decimal)}},
			{Name: "order", On: "order_id", Required: true, Columns: []Column{
				column("order_id", ir.String), column("refund_status", ir.String), column("total", ir.Money)}},
			{Name: "seller", On: "seller_id", Columns: []Column{column("seller_id", ir.String), column("rating", ir.Decimal)}},
		},
	}
}

// dollars has one source in one currency, with a seller that is always known.
func dollars() *Catalog {
	return &Catalog{Sources: []Source{{
		Name: "late", Currency: "USD", Order: "order_id", Customer: "customer_id", Seller: "seller_id", Value: "price",
		At: workspaceText("at", 9),
		Columns: []Column{
			column("order_id", ir.String), column("customer_id", ir.String), column("seller_id", ir.String),
			column("price", ir.Money), column("at", ir.Time), column("days_late", ir.Int),
		},
	}}}
}
