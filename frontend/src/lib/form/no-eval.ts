/** A validator for the form library that needs no `eval`, so the strict content policy holds. */
import { Validator } from '@cfworker/json-schema'
import {
  createErrorHandler, getDefaultFormState, toErrorList, toErrorSchema, unwrapErrorHandler, validationDataMerge,
  type CustomValidator, type ErrorSchema, type ErrorTransformer, type FormContextType, type RJSFSchema, type RJSFValidationError, type UiSchema, type ValidationData, type ValidatorType,
} from '@rjsf/utils'

type CfSchema = ConstructorParameters<typeof Validator>[0]
type Data = Record<string, unknown>

const parts = (pointer: string) => pointer.replace(/^#\/?/, '').split('/').filter(Boolean).map((part) => decodeURIComponent(part).replace(/~1/g, '/').replace(/~0/g, '~'))
const structural = new Set(['properties', 'items', '$ref', 'allOf'])

class NoEvalValidator<F extends FormContextType> implements ValidatorType<Data, RJSFSchema, F> {
  private cache = new WeakMap<object, Validator>()

  private of(schema: RJSFSchema): Validator {
    const known = this.cache.get(schema)
    if (known) return known
    const made = new Validator(schema as CfSchema, '7', false)
    this.cache.set(schema, made)
    return made
  }

  rawValidation<Result>(schema: RJSFSchema, formData?: Data): { errors?: Result[]; validationError?: Error } {
    try {
      return { errors: this.of(schema).validate(formData ?? {}).errors as Result[] }
    } catch (error) {
      return { validationError: error instanceof Error ? error : new Error(String(error)) }
    }
  }

  validateFormData(formData: Data | undefined, schema: RJSFSchema, customValidate?: CustomValidator<Data, RJSFSchema, F>, transformErrors?: ErrorTransformer<Data, RJSFSchema, F>, uiSchema?: UiSchema<Data, RJSFSchema, F>): ValidationData<Data> {
    const raw = this.rawValidation<{ keyword: string; instanceLocation: string; error: string }>(schema, formData)
    let errors: RJSFValidationError[] = (raw.errors ?? [])
      .filter((unit) => !structural.has(unit.keyword))
      .map((unit) => {
        const path = parts(unit.instanceLocation)
        const missing = unit.keyword === 'required' ? /required property "([^"]+)"/.exec(unit.error)?.[1] : undefined
        const property = `.${(missing ? [...path, missing] : path).join('.')}`
        return { name: unit.keyword, property, message: unit.error, stack: `${property} ${unit.error}`, params: {} }
      })
    if (raw.validationError) errors.push({ stack: raw.validationError.message })
    if (transformErrors) errors = transformErrors(errors, uiSchema)
    const errorSchema: ErrorSchema<Data> = toErrorSchema<Data>(errors)
    if (!customValidate) return { errors, errorSchema }
    const data = getDefaultFormState<Data, RJSFSchema, F>(this, schema, formData, schema, true) as Data
    const handler = customValidate(data, createErrorHandler<Data>(data), uiSchema)
    return validationDataMerge<Data>({ errors, errorSchema }, unwrapErrorHandler<Data>(handler))
  }

  toErrorList(errorSchema?: ErrorSchema<Data>, fieldPath?: string[]): RJSFValidationError[] {
    return toErrorList<Data>(errorSchema, fieldPath)
  }

  isValid(schema: RJSFSchema, formData: Data | undefined, root: RJSFSchema): boolean {
    try {
      const whole = { ...schema, $defs: { ...root.$defs, ...schema.$defs }, definitions: root.definitions } as CfSchema
      return new Validator(whole, '7').validate(formData ?? null).valid
    } catch {
      return false
    }
  }

  reset(): void {
    this.cache = new WeakMap()
  }
}

export const noEvalValidator = new NoEvalValidator()
