//! Routes that describe themselves.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, on};
use schemars::SchemaGenerator;

use super::document::generator;
use super::{Answer, Document, Input, Operation};
use crate::control::Control;

type Shared = Arc<Control>;

/// Routes of the API, with their description.
pub(crate) struct Routes {
    router: Router<Shared>,
    operations: Vec<Operation>,
    describers: Vec<Describe>,
}

type Describe = fn(&mut Operation, &mut SchemaGenerator);

/// A handler whose arguments and answer describe themselves.
pub(crate) trait Operates<In>: Handler<In, Shared> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator);
}

macro_rules! operates {
    ($($input:ident)*) => {
        impl<F, Fut, M, $($input,)*> Operates<(M, $($input,)*)> for F
        where
            F: FnOnce($($input,)*) -> Fut + Handler<(M, $($input,)*), Shared>,
            Fut: Future,
            Fut::Output: Answer,
            $($input: Input,)*
        {
            fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
                $($input::describe(operation, schemas);)*
                Fut::Output::describe(operation, schemas);
            }
        }
    };
}

operates!(A);
operates!(A B);
operates!(A B C);
operates!(A B C D);
operates!(A B C D E);
operates!(A B C D E G);

macro_rules! methods {
    ($($name:ident $method:ident,)*) => {$(
        #[doc = concat!("Adds a `", stringify!($method), "` operation.")]
        pub(crate) fn $name<In: 'static, H: Operates<In>>(
            self, path: &'static str, id: &'static str, summary: &'static str, handler: H,
        ) -> Self {
            let operation = Operation::new(Method::$method, path, id, summary);
            self.operation(operation, MethodFilter::$method, handler)
        }
    )*};
}

impl Routes {
    pub(crate) fn new() -> Self {
        Self {
            router: Router::new(),
            operations: Vec::new(),
            describers: Vec::new(),
        }
    }

    methods! { get GET, post POST, patch PATCH, delete DELETE, }

    fn operation<In: 'static, H: Operates<In>>(
        mut self,
        operation: Operation,
        filter: MethodFilter,
        handler: H,
    ) -> Self {
        self.router = self.router.route(operation.path, on(filter, handler));
        self.operations.push(operation);
        self.describers.push(H::describe);
        self
    }

    /// These and those.
    pub(crate) fn merge(mut self, others: Self) -> Self {
        self.router = self.router.merge(others.router);
        self.operations.extend(others.operations);
        self.describers.extend(others.describers);
        self
    }

    /// For axum.
    pub(crate) fn router(self) -> Router<Shared> {
        self.router
    }

    /// For readers.
    pub(crate) fn document(self) -> Document {
        let mut schemas = generator();
        let mut operations = self.operations;
        for (operation, describe) in operations.iter_mut().zip(self.describers) {
            describe(operation, &mut schemas);
        }
        Document::new(operations, schemas)
    }
}
