/* The page that shows and tries /v1. The key that somebody types stays in this page. */
"use strict";

const docs = document.getElementById("docs");
window.SwaggerUIBundle({
  url: docs.dataset.schema,
  domNode: docs,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: false,
  // Else it asks a server elsewhere whether the description is valid.
  validatorUrl: null,
});
