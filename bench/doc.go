// Command bench holds amends against DuckDB: the same policy, on the same files,
// in one process and one run. Its law: results are compared before any time
// counts, DuckDB may use its fastest SQL, and what is reported is a median of
// rounds that alternate.
//
// The tests of this folder use DuckDB as an oracle instead. The module is of its
// own because DuckDB needs cgo and the product does not. README.md says how both
// work.
package main
