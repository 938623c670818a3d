"""The payment providers behind `ports.RefundGateway`."""
