//! The edge worker: decides inside the personalization request, under Cloudflare Workers, workerd or a browser tab.
