# Any Node >= 20.19 will do; the tests run on this one. Pin it by digest where builds must repeat exactly.
ARG NODE_IMAGE=node:20-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Scripts of packages are not needed to compile, and not trusted to run.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ormconfig.ts ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
    && rm -rf node_modules/.cache \
    # Channels that are installed into the image import hub/channel.
    && ln -sfn .. node_modules/hub

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
# The command line: npm run -s hub -- …, or node dist/src/cli/main.js …
COPY scripts/hub.mjs ./scripts/
# Served by the API.
COPY docs/openapi.yaml ./docs/
# A number, because runAsNonRoot cannot check a name. Nothing is written to disk: the root file system may be read-only.
USER 65532:65532
EXPOSE 3000
# As a list, so that Node itself gets SIGTERM; Hub stops cleanly as process 1 without an init.
CMD ["node", "--max-semi-space-size=48", "--max-old-space-size=512", "dist/src/main.js"]
