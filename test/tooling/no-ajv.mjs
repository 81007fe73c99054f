// Takes the place of `ajv` and `ajv-formats` in the bundle. conf loads them for schemas that it may be given; we give it
// none (what it keeps is checked with valibot), and they would cost the supervisor 3 MB and every start of it 10 ms.
export class Ajv2020 {
  constructor() {
    throw new Error('conf was given a schema, and the bundle has no ajv to check it with');
  }
}

export default {};
