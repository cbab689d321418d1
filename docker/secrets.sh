#!/bin/sh
# Makes what docker-compose.yml needs and no repository may hold: `secrets/`, and a first .env. What is there stays.
set -eu
cd "$(dirname "$0")/.."

random() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
keep() { [ -e "secrets/$1" ] || printf '%s\n' "$2" >"secrets/$1"; }

# The folder is closed; the files are open, for the services in the containers are another user.
mkdir -p secrets
chmod 700 secrets
keep database_password "$(random)"
keep database_url "postgresql://image_analyzer:$(cat secrets/database_password)@postgres:5432/image_analyzer"
keep auth_secret "$(random)"
keep grafana_password "$(random)"
# A key a line, or group:key (docs/quota.md). Empty: text is read on this machine.
keep vision_api_keys "# keys of Google's Cloud Vision"
keep gemini_api_keys ""
chmod 644 secrets/*
[ -e .env ] || echo "COMPOSE_PROFILES=full" >.env
