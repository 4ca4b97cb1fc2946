// The page works without a network after its first load: everything of its own is kept; what the service computes is not.
const KEPT = "mien-1";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || url.pathname.startsWith("/v1/")) return;
  event.respondWith(
    caches.open(KEPT).then(async (kept) => {
      try {
        const answer = await fetch(request);
        if (answer.ok) await kept.put(request, answer.clone());
        return answer;
      } catch (error) {
        const before = await kept.match(request);
        if (before) return before;
        throw error;
      }
    }),
  );
});
