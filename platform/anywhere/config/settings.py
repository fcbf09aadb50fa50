"""All settings, read from the environment; a missing or odd value stops the start."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from anywhere.lib import env

ROOT = Path(__file__).resolve().parents[3]
HOME = Path(env.text("ANYWHERE_HOME", str(ROOT / ".anywhere"))).resolve()

DEBUG = False
SECRET_KEY = env.text("ANYWHERE_SECRET_KEY", "")
if not SECRET_KEY:
    raise env.BadEnvironment("ANYWHERE_SECRET_KEY is not set. `make run` makes one under .anywhere/.")
FIELD_KEYS = env.words("ANYWHERE_FIELD_KEYS")  # name:base64 key of 32 bytes, newest first
ALLOWED_HOSTS = env.words("ANYWHERE_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
PUBLIC_URL = env.text("ANYWHERE_PUBLIC_URL", "http://127.0.0.1:8000")
CSRF_TRUSTED_ORIGINS = env.words("ANYWHERE_TRUSTED_ORIGINS", PUBLIC_URL)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "anywhere.accounts",
    "anywhere.operations",
    "anywhere.clusters",
    "catalog",
    "services",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "anywhere.lib.api.middleware.SecurityHeadersMiddleware",
    "anywhere.lib.api.middleware.LimitsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "anywhere.config.urls"
WSGI_APPLICATION = "anywhere.config.wsgi.application"
APPEND_SLASH = True
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [], "APP_DIRS": True}]


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "anywhere",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, "options": "-c statement_timeout=15000 -c lock_timeout=5000", **options},
    }


DATABASES = {"default": _database(env.text("DATABASE_URL"))}
DATABASES["default"]["TEST"] = {"NAME": env.text("ANYWHERE_TEST_DATABASE", "test_anywhere")}

REDIS_URL = env.text("REDIS_URL", "")
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https:")
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "anywhere.lib.api.errors.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

STATIC_URL = "/assets/"
STATIC_ROOT = HOME / "static"
FRONTEND_DIST = Path(env.text("ANYWHERE_FRONTEND_DIST", str(ROOT / "frontend" / "dist")))
WHITENOISE_ROOT = FRONTEND_DIST if FRONTEND_DIST.is_dir() else None
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/assets/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+$"  # files with a hash in their name

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "anywhere.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["anywhere.lib.api.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "anywhere.lib.api.pagination.CursorPages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "anywhere.lib.api.errors.handle",
    "UNAUTHENTICATED_USER": None,
    "NUM_PROXIES": env.number("ANYWHERE_PROXIES", 1),
    "DEFAULT_THROTTLE_RATES": {"sign-in": "10/min", "sign-in-account": "20/hour"},
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Anywhere",
    "DESCRIPTION": "Managed open-source services on any Kubernetes cluster.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "OperationStateEnum": "anywhere.operations.models.State",
        "PackageKindEnum": "catalog.models.Kind",
        "ServiceStateEnum": "services.models.ServiceState",
        "StackStateEnum": "services.models.StackState",
    },
}

# Long work
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1) if REDIS_URL else "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 4 * 3600, "socket_timeout": 5, "socket_connect_timeout": 5}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
OPERATION_LEASE_SECONDS = env.number("ANYWHERE_LEASE_SECONDS", 30)
OPERATION_HEARTBEAT_SECONDS = env.number("ANYWHERE_HEARTBEAT_SECONDS", 8)

# Clusters
CONNECTOR = env.text("ANYWHERE_CONNECTOR", "anywhere.gateways.connect.connect")
ALLOW_LOOPBACK_CLUSTERS = env.flag("ANYWHERE_ALLOW_LOOPBACK_CLUSTERS")
ALLOW_INSECURE_TLS = env.flag("ANYWHERE_ALLOW_INSECURE_TLS")
PRACTICE_ENABLED = env.flag("ANYWHERE_PRACTICE", True)
CHART_CACHE = Path(env.text("ANYWHERE_CHART_CACHE", str(HOME / "charts")))
RUN_DIR = Path(env.text("ANYWHERE_RUN_DIR", str(HOME / "run")))
HELM = env.text("ANYWHERE_HELM", str(HOME / "bin" / "helm"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "anywhere.lib.logs.RedactFilter"}},
    "formatters": {"json": {"()": "anywhere.lib.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["redact"]}},
    "root": {"handlers": ["console"], "level": env.text("ANYWHERE_LOG_LEVEL", "INFO")},
    "loggers": {"django.security.DisallowedHost": {"level": "ERROR"}},
}
