//! Something that goes wrong at one moment of a run: in front of or behind one statement.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use compiler::adapter::{Response, Rows, Table, Warehouse, WarehouseError};
use server::adapter::{ConnectError, Connection, Connector, Patience, Target, open};

type Act = dyn Fn(&Arc<dyn Warehouse>) + Send + Sync;

/// Counts the moments at which statements begin and end, over all connections, and acts at one of them.
pub(crate) struct Fault {
    at: usize,
    seen: AtomicUsize,
    act: Box<Act>,
}

impl Fault {
    pub(crate) fn new(
        at: usize,
        act: impl Fn(&Arc<dyn Warehouse>) + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            at,
            seen: AtomicUsize::new(0),
            act: Box::new(act),
        })
    }

    /// Only counts.
    pub(crate) fn never() -> Arc<Self> {
        Self::new(usize::MAX, |_| {})
    }

    /// How many moments there were.
    pub(crate) fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }

    /// Opens the target's warehouse with this fault in front of each connection.
    pub(crate) fn open(
        self: &Arc<Self>,
        target: &Target,
        patience: &Patience<'_>,
    ) -> Result<Arc<dyn Connector>, ConnectError> {
        Ok(Arc::new(Faulty {
            inner: open(target, patience)?,
            fault: Arc::clone(self),
        }))
    }

    fn moment(&self, inner: &Arc<dyn Warehouse>) {
        if self.seen.fetch_add(1, Ordering::SeqCst) == self.at {
            (self.act)(inner);
        }
    }
}

struct Faulty {
    inner: Arc<dyn Connector>,
    fault: Arc<Fault>,
}

impl Connector for Faulty {
    fn connect(&self) -> Result<Connection, ConnectError> {
        let connection = self.inner.connect()?;
        Ok(Connection {
            warehouse: Arc::new(FaultyWarehouse {
                inner: connection.warehouse,
                fault: Arc::clone(&self.fault),
            }),
            interrupt: connection.interrupt,
        })
    }

    fn redact(&self, text: &str) -> String {
        self.inner.redact(text)
    }
}

struct FaultyWarehouse {
    inner: Arc<dyn Warehouse>,
    fault: Arc<Fault>,
}

impl FaultyWarehouse {
    fn around<T>(&self, work: impl FnOnce(&Arc<dyn Warehouse>) -> T) -> T {
        self.fault.moment(&self.inner);
        let answer = work(&self.inner);
        self.fault.moment(&self.inner);
        answer
    }
}

impl Warehouse for FaultyWarehouse {
    fn adapter_type(&self) -> &str {
        self.inner.adapter_type()
    }

    fn ready(&self) -> Result<(), WarehouseError> {
        self.around(|inner| inner.ready())
    }

    fn execute(
        &self,
        sql: &str,
        fetch: bool,
        limit: Option<usize>,
    ) -> Result<(Response, Table), WarehouseError> {
        self.around(|inner| inner.execute(sql, fetch, limit))
    }

    fn begin(&self) -> Result<(), WarehouseError> {
        self.around(|inner| inner.begin())
    }

    fn commit(&self) -> Result<(), WarehouseError> {
        self.around(|inner| inner.commit())
    }

    fn rollback(&self) -> Result<(), WarehouseError> {
        self.around(|inner| inner.rollback())
    }

    fn load_rows(
        &self,
        relation: &str,
        columns: &[String],
        rows: &mut Rows<'_>,
    ) -> Result<u64, WarehouseError> {
        self.around(|inner| inner.load_rows(relation, columns, rows))
    }

    fn stage_file(&self, location: &str, replaces: bool) -> Result<String, WarehouseError> {
        self.around(|inner| inner.stage_file(location, replaces))
    }

    fn publish_file(&self, location: &str) -> Result<(), WarehouseError> {
        self.around(|inner| inner.publish_file(location))
    }

    fn default_database(&self) -> String {
        self.inner.default_database()
    }
}
