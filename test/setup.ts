import fc from 'fast-check';

// The same cases at every run: a failure in CI is found again at a desk. NATTER_SEED looks for new ones.
fc.configureGlobal({ seed: Number(process.env.NATTER_SEED ?? 2026) });
