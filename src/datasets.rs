//! The operation on datasets: list.

use std::future::IntoFuture;
use std::pin::Pin;

use crate::client::InsightsClient;
use crate::error::Error;
use crate::generated::Client;
pub use crate::generated::types::Dataset;
use crate::reports::NO_ITEM;
use crate::spec;

impl InsightsClient {
    /// Lists the datasets that the caller can query.
    ///
    /// ```no_run
    /// # async fn run(client: partner_center_insights::InsightsClient) -> Result<(), partner_center_insights::Error> {
    /// for dataset in client.datasets().await? {
    ///     println!("{}: {}", dataset.dataset_name, dataset.columns().collect::<Vec<_>>().join(", "));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc = concat!("See [the service's page](", env!("DOC_GET_DATASETS"), ").")]
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind). An empty list is not an error.
    pub fn datasets(&self) -> ListDatasets {
        ListDatasets { client: self.clone(), name: None }
    }
}

/// A list of datasets, created by [`InsightsClient::datasets`] and sent when it is awaited.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct ListDatasets {
    client: InsightsClient,
    name: Option<String>,
}

impl ListDatasets {
    /// Lists only the dataset with this name, ignoring case.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    async fn send(self) -> Result<Vec<Dataset>, Error> {
        let Self { client, name } = self;
        let name = name.as_deref();
        let request = |api: Client| async move { api.get_datasets(name).await };
        let mut datasets: Vec<Dataset> = client.call_list(&spec::GET_DATASETS, NO_ITEM, request).await?;
        // The service may ignore the parameter and list every dataset.
        datasets.retain(|dataset| name.is_none_or(|name| dataset.dataset_name.eq_ignore_ascii_case(name)));
        Ok(datasets)
    }
}

impl IntoFuture for ListDatasets {
    type Output = Result<Vec<Dataset>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl Dataset {
    /// Creates a dataset with this name and nothing else, for tests.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            dataset_name: name.into(),
            selectable_columns: None,
            available_metrics: None,
            available_date_ranges: None,
            minimum_recurrence_interval: None,
        }
    }

    /// Returns everything that a query can select: the columns, then the metrics.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.selectable_columns, &self.available_metrics];
        lists.into_iter().flatten().flatten().map(String::as_str)
    }
}
