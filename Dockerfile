# Node runs our TypeScript directly, so nothing is compiled. Production runs the last stage; `demo` adds the sample EMS and the
# simulated targets. `npm run images` adds the digest of each image that is named here and in docker-compose.yml.
FROM node:26.10.0-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM dependencies AS demo-dependencies
RUN npm ci

FROM node:26.10.0-slim AS base
ENV NODE_ENV=production
WORKDIR /app
COPY package.json ./
COPY activities activities
COPY clients clients
COPY database database
COPY settings settings
COPY sync sync
COPY targets targets
COPY workers workers
COPY workflows workflows
COPY deploy/probe.mjs deploy/probe.mjs
RUN printf '#!/bin/sh\nexec node /app/clients/cli/main.ts "$@"\n' > /usr/local/bin/ems-sync && chmod 755 /usr/local/bin/ems-sync
# All files belong to root, so the program cannot change itself.
# Nothing is installed or built here: the package managers of the base image go.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn-* /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/yarn /usr/local/bin/yarnpkg
USER node

FROM base AS demo
COPY --from=demo-dependencies /app/node_modules node_modules
COPY simulators simulators
CMD ["node", "workers/main.ts"]

FROM base AS runtime
COPY --from=dependencies /app/node_modules node_modules
CMD ["node", "workers/main.ts"]
