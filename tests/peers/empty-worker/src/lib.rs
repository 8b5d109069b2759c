//! A worker that does nothing: what any worker in Rust costs before it does anything.

#[cfg(target_arch = "wasm32")]
mod worker {
    use worker::{Context, Env, Request, Response, Result, event};

    #[event(fetch)]
    async fn fetch(_request: Request, _env: Env, _context: Context) -> Result<Response> {
        Response::ok("{}")
    }
}
