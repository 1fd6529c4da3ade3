//! The connections to one server, one for each runtime.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use cachery_core::resources::{Resource, Resources};
use parking_lot::RwLock;
use tokio::runtime::{Handle, Id};

use super::{
    connector::Connector, io_probe::has_io, runtime_connection::RuntimeConnection,
    state::ServerState,
};
use crate::{
    connection::{ConnectError, RequestError},
    manager,
};

type Table = HashMap<Id, Arc<RuntimeConnection>>;

/// The connections to one server.
pub(super) struct Connections {
    state: Arc<ServerState>,
    connector: Arc<Connector>,
    /// `None` once the server is closed.
    table: RwLock<Option<Table>>,
}

impl Connections {
    pub(super) fn new(state: Arc<ServerState>, connector: Arc<Connector>) -> Arc<Self> {
        Arc::new(Self { state, connector, table: RwLock::new(Some(Table::new())) })
    }

    /// Returns the connection of this runtime; that of the manager for callers without a runtime,
    /// or on one that has no I/O.
    pub(super) fn current(self: &Arc<Self>) -> Arc<RuntimeConnection> {
        let Ok(runtime) = Handle::try_current() else { return self.of_manager() };
        self.known(&runtime).unwrap_or_else(|| {
            if has_io(&runtime) { self.add(&runtime) } else { self.lend_managers(&runtime) }
        })
    }

    fn of_manager(self: &Arc<Self>) -> Arc<RuntimeConnection> {
        let manager = manager::handle();
        self.known(manager).unwrap_or_else(|| self.add(manager))
    }

    fn known(&self, runtime: &Handle) -> Option<Arc<RuntimeConnection>> {
        self.table.read().as_ref().and_then(|table| table.get(&runtime.id()).cloned())
    }

    fn add(self: &Arc<Self>, runtime: &Handle) -> Arc<RuntimeConnection> {
        let last = self.state.connect_error().as_ref().map(ConnectError::for_requests);
        let new = RuntimeConnection::new(last);
        let mut table = self.table.write();
        let Some(open) = table.as_mut() else {
            return RuntimeConnection::new(Some(RequestError::CONNECTING));
        };
        let connection = Arc::clone(open.entry(runtime.id()).or_insert_with(|| Arc::clone(&new)));
        drop(table);
        if Arc::ptr_eq(&connection, &new) {
            self.start(&connection, runtime);
        }
        connection
    }

    /// Starts the task of a connection. No lock may be held, because a runtime that has ended
    /// drops the task at once.
    fn start(self: &Arc<Self>, connection: &Arc<RuntimeConnection>, runtime: &Handle) {
        let entry = Entry {
            connections: Arc::downgrade(self),
            runtime: runtime.id(),
            connection: Arc::downgrade(connection),
        };
        let keep = Arc::clone(connection).keep(Arc::clone(&self.connector));
        let task = runtime.spawn(async move {
            let _entry = entry;
            keep.await;
        });
        connection.kept_by(task.abort_handle());
    }

    /// Drops the connection of a runtime that has ended.
    fn remove(&self, runtime: Id, connection: &Weak<RuntimeConnection>) {
        let mut table = self.table.write();
        let Some(table) = table.as_mut() else { return };
        if table
            .get(&runtime)
            .is_some_and(|known| std::ptr::eq(Arc::as_ptr(known), connection.as_ptr()))
        {
            table.remove(&runtime);
        }
    }

    /// Gives callers on `runtime` the connection of the manager from now on.
    fn lend_managers(self: &Arc<Self>, runtime: &Handle) -> Arc<RuntimeConnection> {
        let connection = self.of_manager();
        if let Some(table) = self.table.write().as_mut() {
            table.insert(runtime.id(), Arc::clone(&connection));
        }
        connection
    }

    /// Ends all connections, and lets no other begin.
    pub(super) fn close(&self) {
        let table = self.table.write().take();
        for connection in table.into_iter().flat_map(Table::into_values) {
            connection.close();
        }
    }

    /// Counts the runtimes that have a connection.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.table.read().as_ref().map_or(0, Table::len)
    }

    /// Adds the numbers of connections and of their requests.
    pub(super) fn count_resources(&self, resources: &mut Resources) {
        let table = self.table.read();
        let connections = table.iter().flat_map(Table::values);
        for connection in connections {
            resources.add(Resource::Connections, 1);
            resources.add(Resource::Requests, connection.window.on_their_way());
            resources.add(Resource::WaitingRequests, connection.window.waiting());
        }
    }
}

/// The place of a connection in the table. It is given back when the connection's task ends: with
/// its runtime, or with the registry.
struct Entry {
    connections: Weak<Connections>,
    runtime: Id,
    connection: Weak<RuntimeConnection>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.upgrade() {
            connection.ended();
        }
        if let Some(connections) = self.connections.upgrade() {
            connections.remove(self.runtime, &self.connection);
        }
    }
}
