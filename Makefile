# Refract. `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help demo release test conformance bench bench-parse bench-web screenshots lint fmt web clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: ## Build everything, build examples/ecomm on DuckDB, serve the catalog on http://127.0.0.1:8080
	@scripts/demo

release: ## Build the binary with DuckDB and the web app inside
	@scripts/release

test: ## Run every suite: Rust, WebAssembly, command line, browser, fuzz targets, conformance with dbt's adapters
	@scripts/test

conformance: ## Run the test classes of dbt's adapters against Refract
	@tests/conformance/run

bench: ## Time a run of 1,000 models beside bare DuckDB, dbt v2 and dbt 1.12
	@scripts/bench run

bench-parse: ## Time reading 1,000 and 10,000 models beside dbt v2 and dbt 1.12
	@scripts/bench parse

bench-web: ## Time the catalog of 5,000 and 20,000 models in headless Chromium, beside dbt's static page
	@scripts/bench web

screenshots: ## Take the pictures of every page in docs/screenshots
	@scripts/screenshots

lint: ## Check format, clippy (native and WebAssembly), docs and layers
	@scripts/lint

fmt: ## Format the code
	@cargo fmt --all

web: ## Build the web app into dist/
	@bash -c 'source scripts/lib.sh; rust_toolchain; web_app'

clean: ## Remove what builds leave in this folder
	@rm -rf target dist tests/e2e/node_modules examples/ecomm/target examples/ecomm/ecomm.duckdb
