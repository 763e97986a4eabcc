"""What a campaign added, and through which channels: effects by design and model, placebo tests, attribution."""
