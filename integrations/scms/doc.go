// Package scms reads the SCMS delivery history: the US government's public
// record of the health commodities delivered by its supply chain, a line for
// each item of each advance shipping notice.
//
// The file is tab-separated ISO-8859-1 text of thirty-three columns, and as
// untidy as real freight data is. A freight cell may hold an amount, the words
// "Freight Included in Commodity Cost" or "Invoiced Separately", or a pointer
// such as "See ASN-93 (ID#:1281)" to the line that carries the freight of
// several; weights are written in the same manner. [Read] turns each cell into
// one of a closed set of meanings ([Freight], [Weight]), follows each pointer
// to its end, and gathers lines into shipments.
//
// Two kinds of oddity are kept apart. What cannot be understood, or
// contradicts another line, is a [Problem]: Read then imports nothing and
// returns a [FileError] naming every line to mend. What is understood but
// deserves a question, such as a pointer to a line that has no freight figure
// either, or proof of delivery recorded before the delivery, is a fact of the
// history: it is kept as it stands and listed by [File.Findings].
//
// Amounts are exact decimals in US dollars and weights exact decimals in
// kilograms. Each line keeps the exact text it was read from, and the file its
// SHA-256, so that whatever is derived from a line can be traced to it.
package scms
