module amends

go 1.26

require (
	github.com/apache/arrow/go/v17 v17.0.0 // indirect
	github.com/bmatcuk/doublestar/v4 v4.10.4 // indirect
	github.com/bojanz/currency v1.4.4 // indirect
	github.com/cockroachdb/apd/v3 v3.2.1 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)
