// No engine: the floor of a JavaScript worker that only stores.
export const decide = () => [];
