//! Lists, creates, deletes and tries queries.

use serde_json::Value;

use super::catalog::{Kind, Query};
use super::input::{Input, bad_request, missing};
use super::response::{self, Refusal};
use super::rows;
use super::service::{Call, Service, no_item};
use super::state::State;
use crate::datasets::Dataset;
use crate::query::Finding;

const MAX_QUERIES: usize = 100;

impl Service {
    pub fn list_queries(&self, call: &Call<'_>) -> Result<Value, Refusal> {
        let flag = |name: &str| call.parameters.get(name).map(|value| value.eq_ignore_ascii_case("true"));
        let only_system = flag("includeOnlySystemQueries") == Some(true);
        let with_system = only_system || flag("includeSystemQueries") != Some(false);
        let fits =
            |name: &str, value: &String| call.parameters.get(name).is_none_or(|wanted| wanted == value);
        let shared = self.shared();
        let queries = shared.state.catalog.queries.iter().filter(|query| {
            (if query.is_own() { !only_system } else { with_system })
                && fits("queryId", &query.query_id)
                && fits("queryName", &query.name)
        });
        let queries: Vec<_> = queries.collect();
        if queries.is_empty() { Err(no_item()) } else { Ok(response::success(&queries)) }
    }

    pub fn create_query(&self, call: &Call<'_>) -> Result<Value, Refusal> {
        let input = Input::parse(call.body)?;
        let name = input.required("Name")?.trim().to_owned();
        let text = input.required("Query")?.trim().to_owned();
        let description = input.text("Description")?;
        let shared = &mut *self.shared();
        let state = &mut shared.state;
        parse(&text, state, call)?;
        let own = state.catalog.queries.iter().filter(|query| query.is_own()).count();
        if state.settings.quotas && own >= MAX_QUERIES {
            let message = "Number of queries exceeded. Delete few queries before creating new queries";
            return Err(bad_request(message));
        }
        let query = Query {
            query_id: shared.random_id().to_string(),
            name,
            description,
            query: text,
            kind: Kind::UserDefined,
            user: Some(call.user().to_owned()),
            created_time: Some(shared.state.now().into()),
            modified_time: None,
        };
        shared.state.catalog.queries.push(query.clone());
        Ok(response::success_with(&[query], "Query created successfully"))
    }

    pub fn delete_query(&self, call: &Call<'_>) -> Result<Value, Refusal> {
        let id = call.parameters.get("queryId").ok_or_else(no_item)?;
        let queries = &mut self.shared().state.catalog.queries;
        let index = queries.iter().position(|query| query.query_id == *id).ok_or_else(no_item)?;
        if !queries[index].is_own() {
            return Err(bad_request("System queries cannot be deleted."));
        }
        Ok(response::success(&[queries.remove(index)]))
    }

    pub fn try_query(&self, call: &Call<'_>) -> Result<Value, Refusal> {
        let shared = self.shared();
        let text = match (call.parameters.get("exportQuery"), call.parameters.get("queryId")) {
            (Some(text), None) => text,
            (None, Some(id)) => &shared.state.query(id).ok_or_else(unknown_query)?.query,
            (None, None) => return Err(missing()),
            (Some(_), Some(_)) => {
                return Err(bad_request("'exportQuery' and 'queryId' exclude each other."));
            }
        };
        let (query, dataset) = parse(text, &shared.state, call)?;
        let cap = if call.is_marketplace { 10 } else { 100 };
        let limit = query.limit().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(cap);
        Ok(response::success(&rows::generate(query.columns(), dataset, limit.min(cap))))
    }
}

pub(super) fn unknown_query() -> Refusal {
    bad_request("Invalid QueryId")
}

/// Checks a query like the library, and returns it with its dataset. Only the messages for unknown tables and columns
/// are documented.
fn parse<'a>(
    text: &str,
    state: &'a State,
    call: &Call<'_>,
) -> Result<(crate::query::Query, &'a Dataset), Refusal> {
    let query = crate::query::Query::parse(text).map_err(|_| bad_request("Invalid query"))?;
    let dataset = state.catalog.dataset(query.table(), call.is_marketplace);
    let dataset = dataset.ok_or_else(|| bad_request("Invalid table name"))?;
    match query.check(dataset).first() {
        None => Ok((query, dataset)),
        Some(Finding::UnknownTimespan { .. }) => Err(bad_request("Invalid query")),
        Some(_) => Err(bad_request("Incorrect column name")),
    }
}

/// Returns the dataset of a stored query, without checking the columns.
pub(super) fn dataset_of<'a>(text: &str, state: &'a State, call: &Call<'_>) -> Option<&'a Dataset> {
    let query = crate::query::Query::parse(text).ok()?;
    state.catalog.dataset(query.table(), call.is_marketplace)
}
