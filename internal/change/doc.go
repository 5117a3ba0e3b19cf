// Package change decides about change records: what people ask the manager to do with files that no store can judge, such as
// describing, publishing and approving them. The store vouches for who asks, since each User may put records below their own name
// alone; this package tells whether they may, and what is then to be written. It does no I/O and reads no clock.
//
// A record goes this way: ParseObject, Decode, Record.AuthorOf, Replay, then Decide for each change, NewAnswer, Result and Audit.
package change
