package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// writeTables writes what was measured as Markdown, for README.md.
func writeTables(w io.Writer, o options, results []*measured) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s. Seconds; medians of %d alternating rounds, least and most in brackets; page cache warm.\n", machine(o), o.rounds)
	scanTable(&b, results)
	nightTable(&b, results)
	pieceTable(&b, results)
	linearTable(&b, results)
	_, err := io.WriteString(w, b.String())
	return err
}

// machine names what was measured on, and with what.
func machine(o options) string {
	return fmt.Sprintf("%s, %d cores, %s; %s, DuckDB %s", processor(), o.workers, memory(), runtime.Version(), o.engine)
}

// ofSystem is what follows a name in a file of the kernel, such as /proc/cpuinfo.
func ofSystem(path, name string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(content)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func processor() string {
	if name := ofSystem("/proc/cpuinfo", "model name"); name != "" {
		return name
	}
	return runtime.GOARCH
}

func memory() string {
	kib, err := strconv.ParseInt(strings.TrimSuffix(ofSystem("/proc/meminfo", "MemTotal"), " kB"), 10, 64)
	if err != nil {
		return "memory not known"
	}
	return fmt.Sprintf("%d GB", (kib*1024+500_000_000)/1_000_000_000)
}

func seconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.3f", d.Seconds())
	}
	return fmt.Sprintf("%.2f", d.Seconds())
}

// shown is a median with its range.
func (s series) shown() string {
	if len(s) == 0 {
		return "–"
	}
	return fmt.Sprintf("%s (%s–%s)", seconds(s.median()), seconds(slices.Min(s)), seconds(slices.Max(s)))
}

// ratio says how many times faster amends is.
func ratio(theirs, ours time.Duration) string {
	if ours == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f ×", theirs.Seconds()/ours.Seconds())
}

func (r *measured) of() string {
	resent := ""
	if r.set.resent > 0 {
		resent = fmt.Sprintf(", %d in 1,000 resent", r.set.resent)
	}
	return fmt.Sprintf("%s %s, groups of %s, %s ids%s | %d", short(r.set.rows), r.set.codec, short(r.set.groupRows), r.set.ids, resent, r.rules)
}

func shownForms(all []series) string {
	cells := make([]string, len(all))
	for i, s := range all {
		cells[i] = s.shown()
	}
	return strings.Join(cells, " | ")
}

func formNames() string {
	names := make([]string, len(forms))
	for i, f := range forms {
		names[i] = "DuckDB, " + f.name
	}
	return strings.Join(names, " | ")
}

func dashes(n int) string { return strings.Repeat("---|", n) }

func scanTable(b *strings.Builder, results []*measured) {
	fmt.Fprintf(b, "\n**Scan and rules, without joins**\n\n| deliveries | rules | hits | floor | amends | %s | amends is faster by | above the floor |\n|---|%s\n",
		formNames(), dashes(6+len(forms)))
	for _, r := range results {
		fmt.Fprintf(b, "| %s | %d | %s | %s | %s | %s | %s |\n", r.of(), r.hits, r.floor.shown(), r.scan.shown(), shownForms(r.scans),
			ratio(best(r.scans), r.scan.median()), ratio(r.scan.median(), r.floor.median()))
	}
}

func nightTable(b *strings.Builder, results []*measured) {
	fmt.Fprintf(b, "\n**The whole night, to published files** (%s customers, ledger of %s credits)\n\n", short(results[0].set.customers), short(results[0].set.credits))
	fmt.Fprintf(b, "| deliveries | rules | credits | amends | of it DuckDB's work | %s | that work is faster by | the night by | CPU | memory, MB |\n|---|%s\n",
		formNames(), dashes(8+len(forms)))
	for _, r := range results {
		fmt.Fprintf(b, "| %s | %d | %s | %s | %s | %s | %s | %s | %d |\n", r.of(), r.credits, r.night.shown(), r.same.shown(), shownForms(r.nights),
			ratio(best(r.nights), r.same.median()), ratio(best(r.nights), r.night.median()), seconds(r.cpu.median()), slices.Max(r.peak)/1_000_000)
	}
}

func pieceTable(b *strings.Builder, results []*measured) {
	b.WriteString("\n**What the night consists of**\n\n| |")
	for _, r := range results {
		fmt.Fprintf(b, " %s, %d rules |", short(r.set.rows)+variant(r, results[0]), r.rules)
	}
	fmt.Fprintf(b, "\n|---|%s\n", dashes(len(results)))
	for _, same := range []bool{true, false} {
		for i, p := range pieces {
			if p.same != same {
				continue
			}
			name := p.name
			if !same {
				name = "beyond: " + name
			}
			fmt.Fprintf(b, "| %s |", name)
			for _, r := range results {
				fmt.Fprintf(b, " %.3f |", r.pieces[i].median().Seconds())
			}
			b.WriteString("\n")
		}
	}
}

// variant names in what a dataset differs from the first.
func variant(r, first *measured) string {
	text := ""
	if r.set.codec != first.set.codec {
		text += " " + r.set.codec
	}
	if r.set.groupRows != first.set.groupRows {
		text += " groups of " + short(r.set.groupRows)
	}
	if r.set.ids != first.set.ids {
		text += ", " + r.set.ids + " ids"
	}
	if r.set.resent != first.set.resent {
		text += fmt.Sprintf(", %d in 1,000 resent", r.set.resent)
	}
	return text
}

// linearTable shows what a million deliveries cost where there are more of them.
func linearTable(b *strings.Builder, results []*measured) {
	first := results[0]
	var grown []*measured
	for _, r := range results {
		if variant(r, first) == "" && r.rules == first.rules {
			grown = append(grown, r)
		}
	}
	if len(grown) < 2 {
		return
	}
	perMillion := func(d time.Duration, r *measured) float64 { return d.Seconds() * 1e6 / float64(r.set.rows) }
	fmt.Fprintf(b, "\n**A million deliveries, %d rules**\n\n| of | scan and rules | DuckDB | the night | DuckDB | memory, MB |\n|---|%s\n", first.rules, dashes(5))
	for _, r := range grown {
		fmt.Fprintf(b, "| %s | %.3f | %.3f | %.3f | %.3f | %d |\n", short(r.set.rows), perMillion(r.scan.median(), r), perMillion(best(r.scans), r),
			perMillion(r.night.median(), r), perMillion(best(r.nights), r), slices.Max(r.peak)/1_000_000)
	}
}
