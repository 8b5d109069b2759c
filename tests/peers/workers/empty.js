// The floor: nothing is read, nothing is stored.
export default {
  fetch() {
    return new Response("{}");
  },
};
