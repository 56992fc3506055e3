// A function of ours: Node 24 on x86_64 (DuckDB's binding), its own role, its own encrypted log group, traced, never public.
import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Code, Function as LambdaFunctionBase, LoggingFormat, Runtime, Tracing, type ParamsAndSecretsLayerVersion } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge, allow } from '../nag.ts';
import type { Stage } from '../stage.ts';

export interface LambdaFunctionProps {
  stage: Stage;
  name: string;
  description: string;
  /** Folder of the bundle: `index.mjs` with `handler`. */
  bundle: string;
  key: IKey;
  environment: Record<string, string>;
  memoryMb?: number;
  timeout?: Duration;
  /** Room under /tmp, for files that DuckDB reads and writes. */
  scratchMb?: number;
  reservedConcurrency?: number;
  /** The extension that keeps secrets near the function, so that it needs no client of Secrets Manager. */
  secrets?: ParamsAndSecretsLayerVersion;
}

export class LambdaFunction extends Construct {
  readonly function: LambdaFunctionBase;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: LambdaFunctionProps) {
    super(scope, id);
    const functionName = props.stage.resource(props.name);
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: RetentionDays.THREE_MONTHS,
      encryptionKey: props.key,
      // It goes with the function: kept, its name would stand in the way of the next deployment.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), description: `Runs ${functionName}` });
    logGroup.grantWrite(this.role);
    acknowledge(this.role, 'IAM5[Resource::*]', 'The X-Ray actions that tracing needs know no resources.');
    this.function = new LambdaFunctionBase(this, 'Function', {
      functionName,
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.X86_64,
      handler: 'index.handler',
      code: Code.fromAsset(props.bundle),
      role: this.role,
      memorySize: props.memoryMb ?? 1024,
      timeout: props.timeout ?? Duration.minutes(5),
      ephemeralStorageSize: Size.mebibytes(props.scratchMb ?? 512),
      environment: props.environment,
      environmentEncryption: props.key,
      loggingFormat: LoggingFormat.JSON,
      logGroup,
      tracing: Tracing.ACTIVE,
      ...(props.secrets === undefined ? {} : { paramsAndSecrets: props.secrets }),
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
    });
  }

  /** Adds to its role. A wildcard needs its reason, which is what the security rules are told. */
  allow(actions: string[], resources: string[], reasonForWildcard?: string): void {
    allow(this.role, actions, resources, reasonForWildcard);
  }
}
