package bank_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/integrations/bank"
	"github.com/stretchr/testify/require"
)

// statementOf streams a statement of n entries that adds up.
func statementOf(n int) *io.PipeReader {
	from, to := io.Pipe()
	go func() {
		fmt.Fprintf(to, `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>S</Id><ElctrncSeqNb>1</ElctrncSeqNb>
<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">%d.25</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal>
`, n)
		var err error
		for i := range n {
			cents := "00"
			if i == n-1 {
				cents = "25"
			}
			if _, err = fmt.Fprintf(to, `<Ntry><Amt Ccy="EUR">1.%s</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt><ValDt><Dt>2026-03-02</Dt></ValDt>
<AcctSvcrRef>BK-%07d</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls><Refs><EndToEndId>E-%07d</EndToEndId></Refs><Amt Ccy="EUR">1.%s</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<RltdPties><Dbtr><Pty><Nm>Paper Mill</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp><Nb>INV-2026-%06d</Nb></RfrdDocInf><RfrdDocAmt><RmtdAmt Ccy="EUR">1.%s</RmtdAmt></RfrdDocAmt></Strd></RmtInf>
</TxDtls></NtryDtls></Ntry>
`, cents, i, i, cents, i, cents); err != nil {
				break
			}
		}
		if err == nil {
			_, err = io.WriteString(to, "</Stmt></BkToCstmrStmt></Document>")
		}
		to.CloseWithError(err)
	}()
	return from
}

// peak reads n entries and tells how much the heap grew at most while it did.
func peak(t testing.TB, n int) (entries int, bytes uint64) {
	t.Helper()
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	content := statementOf(n)
	defer content.Close()
	statements, err := bank.ReadCamt053(content, bank.Limits{Bytes: 1 << 32, Entries: n}, func(*bank.Statement, *bank.Entry) error {
		if entries++; entries%(n/8) == 0 {
			if now := heap(); now > before {
				bytes = max(bytes, now-before)
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Nil(t, statements[0].Fault)
	return entries, bytes
}

// A statement's length does not show in what is held of it.
func TestEntriesAreReadAsAStream(t *testing.T) {
	const most = 1 << 20
	for _, n := range []int{800, 8_000} {
		entries, bytes := peak(t, n)
		require.Equal(t, n, entries)
		require.Less(t, bytes, uint64(most), "%d entries", n)
	}
}

func BenchmarkReadCamt053(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("entries=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			var held uint64
			for b.Loop() {
				_, bytes := peak(b, n)
				held = max(held, bytes)
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
			b.ReportMetric(float64(held)/1024, "held-KiB")
		})
	}
}

// BenchmarkItems makes commands of a statement that is in memory.
func BenchmarkItems(b *testing.B) {
	from := statementOf(100_000)
	defer from.Close()
	content, err := io.ReadAll(from)
	require.NoError(b, err)
	m := &bank.Mapper{Payers: directory(b), Payments: blank{}}
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		items, err := m.Camt053(b.Context(), "m", content)
		require.NoError(b, err)
		require.Len(b, items, 100_001)
	}
	b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

func BenchmarkReadCSV(b *testing.B) {
	p := profile(b, "semicolon")
	rows := strings.SplitAfter(string(sample(b, "semicolon.csv")), "\n")
	content := rows[0] + strings.Repeat(rows[1], 100_000)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		n := 0
		_, err := bank.ReadCSV(strings.NewReader(content), p, bank.Limits{}, func(*bank.Statement, *bank.Entry) error { n++; return nil })
		require.NoError(b, err)
		require.Equal(b, 100_000, n)
	}
	b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
