CREATE TABLE refunds.provider_news (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    told_until timestamptz NOT NULL
);
