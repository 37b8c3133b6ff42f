package document

// Shape says what a value is: to the parser that reads it, to the JSON Schema
// made of it and to an editor that helps to write it.
type Shape struct {
	Doc      string // one or two sentences for the person who writes it
	Kind     Kind
	Words    []string // of OneOf and Words
	Low      int      // of Whole, with High
	High     int
	Pattern  string   // of a text: a regular expression that it matches as a whole
	Names    Names    // what a text, or the keys of a ByName, are names of
	Record   *Record  // of Map
	Each     *Shape   // of List and ByName: every value
	Or       *Shape   // another shape that serves too; nil for none
	Default  string   // what holds where the key is not written; "" where nothing does
	Examples []string // as they are written
}

// Kind is what a value is written as.
type Kind uint8

// The kinds of values. Where a kind says text, a number or true is one too.
const (
	Text       Kind = iota
	Expression      // of the rule language
	Message         // a text with expressions in braces
	Whole           // a number without a point, from Low to High
	Number          // a number that is not negative
	Truth           // true or false
	Day             // 2026-11-30
	OneOf           // one of Words
	Texts           // one text or a list of them
	Words           // one of Words or a list of them
	Value           // one value or nothing
	Nothing         // a key without a value
	Amounts         // numbers by currency
	List            // of Each
	ByName          // Each by names of the author's choice
	Map             // a Record
	Tree            // of constants by key
)

// Names says what a text names, so that an editor can offer it.
type Names uint8

// What texts name.
const (
	NoNames     Names = iota
	SourceNames       // of amends.yaml that rules can be `on`
	AnySources        // of amends.yaml
	RowNames          // sources that rules can be `on`, and dimensions
	TermsNames
	TableFiles  // decision tables beside the rules
	ColumnNames // of the source that stands around them
	ReasonNames
	RuleNames
	BaseNames // rows that tests of the source begin with
)

// Record is a map with known keys. What names it in messages: "a rule".
type Record struct {
	What string
	Keys []Key
	Rest *Shape // of keys that are not known; nil where there may be none
}

// Key is one key of a Record. Needed keys are never left out.
type Key struct {
	Name   string
	Needed bool
	Shape
}

// Names returns the keys in order.
func (r *Record) Names() []string {
	names := make([]string, len(r.Keys))
	for i, key := range r.Keys {
		names[i] = key.Name
	}
	return names
}

// Key returns a key by name, or nil.
func (r *Record) Key(name string) *Key {
	for i := range r.Keys {
		if r.Keys[i].Name == name {
			return &r.Keys[i]
		}
	}
	return nil
}

// Read reads a map by its record: every key that it does not have is reported.
// There is no other way to read keys, so that what is accepted is in the table.
func (n *Node) Read(r *Record) *Fields {
	f := n.fields(r.What, r.Names()...)
	if f != nil {
		f.record = r
	}
	return f
}

// Word reads a key that is one of the words of its record.
func (f *Fields) Word(key string) (string, bool) {
	if f == nil {
		return "", false
	}
	return f.Get(key).Word(f.record.Key(key).Words...)
}

// Int reads a whole number within the bounds of its record; what names it.
func (f *Fields) Int(key, what string) (int, bool) {
	if f == nil {
		return 0, false
	}
	k := f.record.Key(key)
	return f.Get(key).Int(k.Low, k.High, what)
}

// NeedWord is Word, and reports a missing key.
func (f *Fields) NeedWord(key string) (string, bool) {
	f.Need(key)
	return f.Word(key)
}
