package erp

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
)

// MasterReport is what a SyncCustomers has done.
type MasterReport struct {
	Customers int // read
	Changed   int
	// Refused are customers whose master data cannot be used, with the reason.
	Refused map[domain.CustomerID]string
}

// SyncCustomers records the ERP's customers where they differ from what history
// knows of them. One that cannot be used is reported and does not hold up the
// others.
func SyncCustomers(ctx context.Context, masters Masters, exec Executor) (MasterReport, error) {
	report := MasterReport{Refused: map[domain.CustomerID]string{}}
	var mu sync.Mutex
	for after := ""; ; {
		page, next, err := masters.Customers(ctx, after)
		if err != nil {
			return report, fmt.Errorf("read customers after %q: %w", after, err)
		}
		group, groupCtx := errgroup.WithContext(ctx)
		group.SetLimit(32)
		for _, customer := range page {
			group.Go(func() error {
				// A customer may change back to what it was: that is news, so
				// no id may be derived from its data. Recording the same twice
				// changes nothing anyway.
				result, err := exec.Execute(groupCtx, domain.SyncCustomer{CustomerSynced: customer},
					eventstore.Request{ID: uuid.New(), Actor: "erp", Via: "customers of " + customer.Source})
				var refusal *domain.Refusal
				refused := errors.As(err, &refusal)
				if err != nil && !refused {
					return fmt.Errorf("sync customer %s: %w", customer.Customer, err)
				}
				mu.Lock()
				defer mu.Unlock()
				report.Customers++
				if refused {
					report.Refused[customer.Customer] = refusal.Error()
				}
				if len(result.Events) > 0 {
					report.Changed++
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return report, err
		}
		if next == "" {
			return report, nil
		}
		if next == after {
			return report, fmt.Errorf("read customers after %q: the list does not go on", after)
		}
		after = next
	}
}
