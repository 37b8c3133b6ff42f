package columnar_test

import (
	"fmt"

	"amends/rules/calendar"
	"amends/rules/check"
	"amends/rules/columnar"
	"amends/rules/diag"
	"amends/rules/ir"
)

// A worker keeps one Machine, and for each batch goes from the guard to what the
// guard needs joined.
func Example() {
	scope := &check.Scope{Used: &ir.SlotSet{}, Slots: map[string]ir.Slot{
		"late":       {Name: "late", Type: ir.Type{Kind: ir.Int}, Origin: ir.FromColumn},
		"carrier":    {Name: "carrier", Type: ir.Type{Kind: ir.String, Nullable: true}, Origin: ir.FromColumn},
		"order.paid": {Name: "order.paid", Type: ir.Type{Kind: ir.Int}, Origin: ir.FromDimension, Dimension: "order"},
	}, Dimensions: map[string]bool{"order": true}}
	when, _ := check.Expr(diag.Text{Source: `late >= 2 and order.paid > 10 and (carrier ?? "") != "pigeon"`}, scope, check.Want{})
	share, _ := check.Expr(diag.Text{Source: `order.paid / late`}, scope, check.Want{})
	slots := scope.Used.Slots()
	event := func(slot int) bool { return slots[slot].Origin == ir.FromColumn }
	guard := columnar.Guard([]ir.Node{when}, event)
	fmt.Println("guard:", ir.Print(guard, slots))

	program, err := columnar.Compile([]ir.Node{guard, when, share}, slots)
	if err != nil {
		fmt.Println(err)
		return
	}
	machine := program.NewMachine()
	var all, passed, hits, faults columnar.Selection
	carriers := ir.NewDictionary([]string{"swift", "pigeon"})

	machine.Begin(4)
	zone, _ := calendar.Load("Europe/Amsterdam")
	columns := map[string]columnar.Column{
		"late":    {Ints: []int64{0, 3, 2, 9}},
		"carrier": {Codes: []int32{0, 0, 1, 0}, Dict: carriers, Valid: []bool{true, false, true, true}},
		// Filled for rows 1 and 3 only, the ones that pass; row 3 has no order.
		"order.paid": {Ints: []int64{0, 50, 0, 0}, Faults: []ir.FaultCode{0, 0, 0, ir.MissingRow}},
	}
	set := func(known bool) {
		for slot := range slots {
			if event(slot) == known {
				if err := machine.Set(slot, columns[slots[slot].Name]); err != nil {
					fmt.Println(err)
				}
			}
		}
	}
	set(true)
	if err := machine.SetZones(columnar.Zones{Same: zone}); err != nil {
		fmt.Println(err)
	}
	all.All(4)
	machine.Eval(0, &all).MayHold(&passed)
	fmt.Println("pass:", passed.AppendRows(nil))

	set(false)
	result := machine.Eval(1, &passed)
	for row := range result.Faults(&faults).Rows() {
		fault, _ := result.Fault(row)
		fmt.Printf("row %d: %s at %d\n", row, &fault, fault.Offset)
	}
	shares := machine.Eval(2, result.Holds(&hits))
	for row := range hits.Rows() {
		fmt.Printf("row %d: %s\n", row, ir.Literal(shares.Value(row)))
	}
	// Output:
	// guard: ((late >= 2) and ((carrier ?? "") != "pigeon"))
	// pass: [1 3]
	// row 3: missing-row: order.paid at 14
	// row 1: 16.666667
}
