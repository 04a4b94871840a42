package database

import "context"

// Batch is how many rows a job takes at a time: it needs the memory of so many however
// many there are.
const Batch = 500

// InBatches reads everything that read finds after an id, in the order of ids and so
// many at a time, and hands each batch to do. It ends with the first batch that is not
// full, or with the first error.
func InBatches[T any](ctx context.Context, size int, read func(ctx context.Context, after int64, limit int) ([]T, error), id func(*T) int64, do func(ctx context.Context, batch []T) error) error {
	for after := int64(0); ; {
		batch, err := read(ctx, after, size)
		if err != nil {
			return err
		}
		if len(batch) > 0 {
			if err := do(ctx, batch); err != nil {
				return err
			}
		}
		if len(batch) < size {
			return nil
		}
		after = id(&batch[len(batch)-1])
	}
}
