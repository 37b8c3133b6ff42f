// Package bench holds what needs cgo: DuckDB as an oracle beside amends. Its
// law: oracle/*.sql is written from the rulebooks and the design, and never
// from the code that it judges.
//
// There is nothing here but tests. README.md says how the oracle works.
package bench
