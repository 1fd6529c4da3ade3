//! Prometheus and Grafana for a look on one's own machine.

/// Returns the file for Docker Compose. Its comment says how the other files come beside it.
pub(super) fn file() -> String {
    "\
# Written by `cachery export compose`. Beside it:
#   cachery export alerts > alerts.yml
#   cachery export prometheus --url http://host.docker.internal:3000/ops > prometheus.yml
#   cachery export grafana > cachery.json        # import it at http://localhost:3001
#   (umask 077; printf %s \"$CACHERY_TOKEN\" > cachery-token)
services:
  redis:
    image: redis:7
    ports: [\"127.0.0.1:6379:6379\"]
  prometheus:
    image: prom/prometheus:v2.53.0
    ports: [\"127.0.0.1:9090:9090\"]
    extra_hosts: [\"host.docker.internal:host-gateway\"]
    volumes:
      - ./prometheus.yml:/etc/prometheus/prometheus.yml:ro
      - ./alerts.yml:/etc/prometheus/alerts.yml:ro
      - ./cachery-token:/etc/prometheus/cachery-token:ro
  grafana:
    image: grafana/grafana:11.1.0
    ports: [\"127.0.0.1:3001:3000\"]
    environment:
      GF_AUTH_ANONYMOUS_ENABLED: \"true\"
      GF_AUTH_ANONYMOUS_ORG_ROLE: Admin
"
    .to_owned()
}
