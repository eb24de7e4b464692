"""The service: jobs that survive a crash, an API, a page. Knows no stage and no engine: `chain.Chain` is the seam."""
