using Switchyard.Dialects.Databricks.Rights;
using static Switchyard.Dialects.Databricks.Wire.Shape;

namespace Switchyard.Dialects.Databricks.Wire;

/// <summary>The fields of requests that are read, with their types and limits; all others are kept and echoed.</summary>
internal static class Schema
{
    public const int MaxParameterBytes = 10_000;

    /// <summary>How often a task is tried again at the most, also where that is without end.</summary>
    public const int MaxRetries = 5000;
    private const int MaxBaseParameterBytes = 1_000_000;

    private static readonly Shape Id = Whole.Id;
    private static readonly Shape Flag = new Flag();
    private static readonly Shape Text = new Text();
    private static readonly Shape Name = new Text(4096);
    private static readonly Shape Path = new Text(4096, MayBeEmpty: false);
    private static readonly Shape Texts = new List(new Text());
    private static readonly Shape Parameters = new List(new Text(MaxBaseParameterBytes));
    private static readonly Shape Any = new AnyObject();
    private static readonly Shape Source = new Word(false, "WORKSPACE", "GIT");
    private static readonly Shape Pause = new Word(false, "PAUSED", "UNPAUSED");
    private static readonly Shape Seconds = new Whole(0, 10L * 365 * 86400);
    private static readonly string[] NoFields = [];

    /// <summary>A call without arguments.</summary>
    public static readonly Fields Nothing = new(NoFields);

    private static readonly Fields Notifications = new(NoFields,
        ("on_start", Texts), ("on_success", Texts), ("on_failure", Texts), ("on_duration_warning_threshold_exceeded", Texts),
        ("on_streaming_backlog_exceeded", Texts), ("no_alert_for_skipped_runs", Flag), ("no_alert_for_canceled_runs", Flag));

    private static readonly Fields Health = new(NoFields, ("rules", new List(new Fields(["metric", "op", "value"],
        ("metric", Text), ("op", new Word(false, "GREATER_THAN")), ("value", new Whole(0, 10L * 365 * 86400))))));

    private static readonly Shape Webhooks = new List(new Fields(["id"], ("id", Text)), 3);

    private static readonly Fields WebhookNotifications = new(NoFields,
        ("on_start", Webhooks), ("on_success", Webhooks), ("on_failure", Webhooks), ("on_duration_warning_threshold_exceeded", Webhooks),
        ("on_streaming_backlog_exceeded", Webhooks));

    private static readonly Fields NotificationSettings = new(NoFields,
        ("alert_on_last_attempt", Flag), ("no_alert_for_canceled_runs", Flag), ("no_alert_for_skipped_runs", Flag));

    // Maps of clusters keep the types they were sent with: the published examples have booleans in spark_conf.
    private static readonly (string, Shape)[] ClusterFields =
    [
        ("spark_version", Text), ("node_type_id", Text), ("driver_node_type_id", Text), ("num_workers", new Whole(0, 100_000)),
        ("autoscale", new Fields(NoFields, ("min_workers", new Whole(0, 100_000)), ("max_workers", new Whole(0, 100_000)))),
        ("spark_conf", new Map(KeepTypes: true)), ("spark_env_vars", new Map()), ("custom_tags", new Map(KeepTypes: true)),
        ("enable_elastic_disk", Flag), ("instance_pool_id", Text), ("driver_instance_pool_id", Text), ("policy_id", Text),
    ];

    private static readonly Fields NewCluster = new(NoFields, ClusterFields);

    private static readonly Fields Package = new(["package"], ("package", Path), ("repo", Text));

    private static readonly Shape Libraries = new List(
        new Fields(NoFields, ("jar", Path), ("egg", Path), ("whl", Path), ("requirements", Path), ("pypi", Package), ("cran", Package),
            ("maven", new Fields(["coordinates"], ("coordinates", Path), ("repo", Text)))),
        1000);

    private static readonly Shape Environments = new List(
        new Fields(["environment_key"], ("environment_key", Text), ("spec", new Fields(NoFields, ("dependencies", Texts)))), 100);

    private static readonly Fields Dependency = new(["task_key"], ("task_key", Text), ("outcome", new Word(false, "true", "false")));

    private static readonly Fields RunJobTask = new(["job_id"],
        ("job_id", Id), ("job_parameters", new Map()), ("notebook_params", new Map()), ("jar_params", Parameters), ("python_params", Parameters),
        ("python_named_params", new Map()), ("spark_submit_params", Parameters), ("sql_params", new Map()), ("dbt_commands", Texts), ("pipeline_params", Any));

    private static readonly Fields NotebookTask = new(["notebook_path"],
        ("notebook_path", Path), ("base_parameters", new Map(MaxBaseParameterBytes)), ("source", Source), ("warehouse_id", Text),
        ("revision_timestamp", new Whole(0, long.MaxValue)));

    private static readonly (string, Shape)[] TaskTypes =
    [
        ("notebook_task", NotebookTask),
        ("spark_python_task", new Fields(["python_file"], ("python_file", Path), ("parameters", Parameters), ("source", Source))),
        ("spark_jar_task", new Fields(NoFields, ("main_class_name", Text), ("jar_uri", Text), ("parameters", Parameters), ("run_as_repl", Flag))),
        ("spark_submit_task", new Fields(NoFields, ("parameters", Parameters))),
        ("python_wheel_task", new Fields(["package_name", "entry_point"],
            ("package_name", Text), ("entry_point", Text), ("parameters", Parameters), ("named_parameters", new Map()))),
        ("sql_task", new Fields(["warehouse_id"], ("warehouse_id", Text), ("parameters", new Map()), ("query", Any), ("file", Any), ("alert", Any), ("dashboard", Any))),
        ("dbt_task", new Fields(["commands"], ("commands", new List(new Text(), 10)), ("project_directory", Text), ("profiles_directory", Text), ("schema", Text),
            ("catalog", Text), ("warehouse_id", Text), ("source", Source))),
        ("pipeline_task", new Fields(["pipeline_id"], ("pipeline_id", Text), ("full_refresh", Flag))),
        ("condition_task", new Fields(["op", "left", "right"],
            ("op", new Word(false, "EQUAL_TO", "NOT_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL", "LESS_THAN", "LESS_THAN_OR_EQUAL")), ("left", Text), ("right", Text))),
        ("run_job_task", RunJobTask),
        ("for_each_task", new Fields(["inputs", "task"], ("inputs", new Text(MaxCharacters: 10_000)), ("concurrency", new Whole(1, 100)), ("task", new Later(() => Task!)))),
        ("dashboard_task", Any), ("alert_task", Any), ("power_bi_task", Any),
    ];

    private static readonly (string, Shape)[] Retries =
    [
        ("max_retries", new Whole(-1, MaxRetries)), ("min_retry_interval_millis", new Whole(0, 86_400_000)), ("retry_on_timeout", Flag),
    ];

    private static readonly (string, Shape)[] Compute =
    [
        ("existing_cluster_id", Text), ("new_cluster", NewCluster), ("libraries", Libraries),
    ];

    /// <summary>One entry of <c>tasks</c>.</summary>
    public static readonly Fields Task = new(["task_key"],
    [
        ("task_key", new Text(100)), ("description", new Text(4096)), ("depends_on", new List(Dependency)),
        ("run_if", new Word(false, "ALL_SUCCESS", "AT_LEAST_ONE_SUCCESS", "NONE_FAILED", "ALL_DONE", "AT_LEAST_ONE_FAILED", "ALL_FAILED")),
        ("disabled", Flag), ("timeout_seconds", Seconds), ("job_cluster_key", Text), ("environment_key", Text),
        ("email_notifications", Notifications), ("webhook_notifications", WebhookNotifications), ("notification_settings", NotificationSettings),
        ("health", Health), ("compute", Any), ("disable_auto_optimization", Flag),
        .. Retries, .. Compute, .. TaskTypes,
    ]);

    /// <summary>Settings of a task that stand at the root in the flat form of 2.0.</summary>
    public static readonly string[] FlatFields =
        ["job_cluster_key", "environment_key", .. Retries.Select(field => field.Item1), .. Compute.Select(field => field.Item1), .. TaskTypes.Select(field => field.Item1)];

    private static readonly (string, Shape)[] Common =
    [
        ("timeout_seconds", Seconds), ("email_notifications", Notifications), ("webhook_notifications", WebhookNotifications),
        ("notification_settings", NotificationSettings), ("health", Health), ("queue", new Fields(["enabled"], ("enabled", Flag))),
        ("run_as", Any), ("environments", Environments), ("tags", new Map(MaxCount: 25, KeepTypes: true)), ("access_control_list", AccessList.Form),
        ("git_source", new Fields(["git_url"], ("git_url", new Text(300)), ("git_provider", Text), ("git_branch", new Text(255)), ("git_tag", new Text(255)), ("git_commit", new Text(64)))),
        ("parameters", new List(new Fields(["name", "default"], ("name", new Text(255, MayBeEmpty: false)), ("default", new Text(MaxBaseParameterBytes))), 1000)),
        .. Retries, .. Compute, .. TaskTypes,
    ];

    private static Fields Settings(int maxTasks) => new(NoFields,
    [
        ("name", Name), ("description", new Text(MaxCharacters: 27_700)), ("max_concurrent_runs", new Whole(0, 1000)),
        ("tasks", Tasks(maxTasks)),
        ("job_clusters", new List(new Fields(["job_cluster_key"], ("job_cluster_key", new Text(100, MayBeEmpty: false)), ("new_cluster", NewCluster)), 100,
            "A maximum of 100 job clusters can be specified per job. Use fewer job_clusters, or clusters of the tasks' own.")),
        ("schedule", new Fields(["quartz_cron_expression", "timezone_id"],
            ("quartz_cron_expression", new Text(1024)), ("timezone_id", new Text(255)), ("pause_status", Pause))),
        ("continuous", new Fields(NoFields, ("pause_status", Pause), ("task_retry_mode", new Word(false, "NEVER", "ON_FAILURE")))),
        ("trigger", new Fields(NoFields, ("pause_status", Pause),
            ("periodic", new Fields(["interval", "unit"], ("interval", new Whole(1, 100_000)), ("unit", new Word(false, "MINUTES", "HOURS", "DAYS", "WEEKS")))),
            ("file_arrival", new Fields(["url"], ("url", Text), ("min_time_between_triggers_seconds", new Whole()), ("wait_after_last_change_seconds", new Whole()))),
            ("table_update", Any))),
        ("edit_mode", new Word(false, "EDITABLE", "UI_LOCKED")), ("deployment", Any),
        .. Common,
    ])
    { Root = "settings." };

    private static List Tasks(int maximum) => new List(Task, maximum,
        $"A maximum of {maximum} tasks can be specified per job. Split the job, and start the other part with a run_job_task.");

    private static readonly Fields Job100 = Settings(100);
    private static readonly Fields Job1000 = Settings(1000);

    /// <summary>JobSettings, also as the body of create.</summary>
    public static Fields JobSettings(ApiVersion version) => version == ApiVersion.V22 ? Job1000 : Job100;

    /// <summary>The body of runs/submit.</summary>
    public static readonly Fields Submit = new(NoFields,
    [
        ("run_name", Name), ("idempotency_token", Token), ("tasks", Tasks(100)), ("job_clusters", new List(Any)), ("job_cluster_key", Text), .. Common,
    ])
    { Root = "settings." };

    private static Shape Token => new Text(MaxCharacters: 64);

    public static readonly Fields ResetJob = new(["new_settings"], ("job_id", Id), ("new_settings", Any));

    public static readonly Fields UpdateJob = new(NoFields, ("job_id", Id), ("new_settings", Any), ("fields_to_remove", Texts));

    public static readonly Fields JobId = new(NoFields, ("job_id", Id), ("all_queued_runs", Flag));

    public static readonly Fields GetJob = new(NoFields, ("job_id", Id), ("page_token", Text), ("include_trigger_state", Flag));

    public static readonly Fields RunId = new(NoFields,
        ("run_id", Id), ("include_history", Flag), ("include_resolved_values", Flag), ("page_token", Text), ("only_latest", Flag),
        ("views_to_export", new Word(false, "CODE", "DASHBOARDS", "ALL")));

    public static readonly Fields ListJobs = new(NoFields,
        ("limit", new Whole()), ("offset", new Whole()), ("name", Name), ("expand_tasks", Flag), ("page_token", Text));

    public static readonly Fields ListRuns = new(NoFields,
        ("job_id", Id), ("active_only", Flag), ("completed_only", Flag), ("offset", new Whole()), ("limit", new Whole()),
        ("run_type", new Word(false, "JOB_RUN", "SUBMIT_RUN", "WORKFLOW_RUN")), ("expand_tasks", Flag),
        ("start_time_from", new Whole(0, 253_402_300_799_999)), ("start_time_to", new Whole(0, 253_402_300_799_999)), ("page_token", Text));

    /// <summary>What run-now and repair take for the tasks.</summary>
    private static readonly (string, Shape)[] Given =
    [
        ("job_parameters", new Map(MaxBaseParameterBytes)),
        ("notebook_params", new Map(MaxParameterBytes)), ("python_named_params", new Map(MaxParameterBytes)), ("sql_params", new Map(MaxParameterBytes)),
        ("jar_params", new List(new Text())), ("python_params", new List(new Text(Ascii: true))), ("spark_submit_params", new List(new Text(Ascii: true))),
        ("dbt_commands", new List(new Text(), 10)), ("pipeline_params", Any), ("performance_target", new Word(false, "PERFORMANCE_OPTIMIZED", "STANDARD")),
    ];

    public static readonly Fields Repair = new(NoFields,
    [
        ("run_id", Id), ("rerun_tasks", new List(new Text(100), 1000)), ("rerun_all_failed_tasks", Flag), ("rerun_dependent_tasks", Flag), ("latest_repair_id", Id), .. Given,
    ]);

    public static readonly Fields RunNow = new(NoFields,
    [
        ("job_id", Id), ("idempotency_token", Token), ("queue", new Fields(["enabled"], ("enabled", Flag))),
        ("only", new List(new Text(110))), .. Given,
    ]);

    public static readonly Fields WorkspacePath = new(["path"],
        ("path", Text), ("recursive", Flag), ("format", new Word(true, "SOURCE", "JUPYTER", "HTML", "DBC", "AUTO", "RAW", "R_MARKDOWN")),
        ("language", new Word(true, "PYTHON", "SQL", "SCALA", "R")), ("content", new Text(20_000_000)), ("overwrite", Flag), ("direct_download", Flag));

    public static readonly Fields Cluster = new(NoFields, ("cluster_id", Text));

    /// <summary>The body of clusters/create and clusters/edit.</summary>
    public static readonly Fields CreateCluster = new(NoFields,
        [("cluster_id", Text), ("cluster_name", Name), ("autotermination_minutes", new Whole(0, 10_000)), .. ClusterFields]);
}
