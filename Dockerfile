# The network as an image: docker build -t sifang . && docker run -p 18080-18084:18080-18084 sifang
# Only what runs is in it; types are stripped by Node itself, so nothing is built.
FROM node:26-alpine AS parts
WORKDIR /sifang
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:26-alpine
ENV NODE_ENV=production SIFANG_HOST=0.0.0.0
WORKDIR /sifang
COPY --from=parts /sifang/node_modules node_modules
COPY . .
USER node
EXPOSE 18080-18084
ENTRYPOINT ["node", "cli/sifang.js"]
CMD ["up"]
