//! That this process started: kept once, as soon as the database takes it.

use std::sync::Arc;

use potluck_store::table::starts::Start;

use crate::control::Control;

pub(crate) struct StartNote {
    control: Arc<Control>,
    /// What is not kept yet.
    start: Option<Start>,
    /// Whether the last try failed: that is told once.
    failing: bool,
}

impl StartNote {
    pub(crate) fn new(control: Arc<Control>, start: Start) -> Self {
        Self {
            control,
            start: Some(start),
            failing: false,
        }
    }

    /// Keeps it, unless that is done.
    pub(crate) async fn keep(&mut self) {
        let Some(start) = &self.start else {
            return;
        };
        let kept = self.control.store().note_start(start).await;
        let failed_before = std::mem::replace(&mut self.failing, kept.is_err());
        match kept {
            Ok(()) => self.start = None,
            Err(error) if !failed_before => {
                tracing::error!(%error, "that this edge started cannot be kept; it waits");
            }
            Err(_) => {}
        }
    }
}
