using System.Text.Json.Nodes;
using Switchyard.Dialects.Databricks.Jobs;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Planning;

/// <summary>What one run has apart from its job: parameters, the tasks asked for, who asked. Kept as JSON with the run.</summary>
/// <param name="Parameters">The families of parameters, as <c>overriding_parameters</c> shows them.</param>
/// <param name="JobParameters">Values of job parameters.</param>
/// <param name="Only">Keys of the tasks asked for, with <c>+</c> where neighbours come along; empty for all.</param>
/// <param name="Creator">Who started the run, where that is not the job's owner.</param>
internal sealed record RunOverrides(JsonObject Parameters, IReadOnlyDictionary<string, string> JobParameters, IReadOnlyList<string> Only, string? Creator)
{
    public static readonly RunOverrides None = new([], ReferenceScope.None, [], null);

    public static readonly string[] Families =
        ["notebook_params", "jar_params", "python_params", "python_named_params", "spark_submit_params", "sql_params", "dbt_commands", "pipeline_params"];

    /// <summary>True when the plan of the job's settings alone serves.</summary>
    public bool PlanIsPlain => Parameters.Count == 0 && JobParameters.Count == 0 && Only.Count == 0;

    /// <summary>Reads the arguments of run-now.</summary>
    public static Outcome<RunOverrides> Read(JsonObject args, JsonObject settings, string? creator)
    {
        var parameters = new JsonObject();
        foreach (var family in Families)
        {
            if (args[family] is not { } value || value is JsonObject { Count: 0 } or JsonArray { Count: 0 })
                continue;
            if (System.Text.Encoding.UTF8.GetByteCount(value.ToJsonString(Json.Plain)) is var bytes && bytes > Schema.MaxParameterBytes)
                return Problem.Invalid($"Invalid value for parameter {family}: its JSON has {bytes} bytes; at most {Schema.MaxParameterBytes} are allowed.");
            parameters[family] = value.DeepClone();
        }

        if (parameters.ContainsKey("dbt_commands") && TaskRules.Dbt(parameters.Texts("dbt_commands")) is { } command)
            return Problem.Invalid($"Invalid value for parameter dbt_commands: {command}");
        if (parameters.ContainsKey("notebook_params") && parameters.ContainsKey("jar_params"))
            return Problem.Invalid("notebook_params and jar_params cannot be given together. Leave one of them out.");
        if (parameters.Count > 0 && settings["parameters"] is JsonArray { Count: > 0 })
            return Problem.Invalid($"{parameters.First().Key} cannot be given for a job that defines job parameters. Use job_parameters.");
        return new RunOverrides(parameters, args.Map("job_parameters").ToDictionary(), args.Texts("only"), creator);
    }

    /// <summary>These with other ones on top: values by their names, lists as a whole.</summary>
    public RunOverrides With(RunOverrides other)
    {
        var parameters = (JsonObject)Parameters.DeepClone();
        foreach (var (family, value) in other.Parameters)
        {
            if (parameters[family] is JsonObject named && value is JsonObject added)
            {
                foreach (var (name, text) in added)
                    named[name] = text?.DeepClone();
            }
            else
                parameters[family] = value?.DeepClone();
        }

        var job = new Dictionary<string, string>(JobParameters);
        foreach (var (name, value) in other.JobParameters)
            job[name] = value;
        return this with { Parameters = parameters, JobParameters = job };
    }

    /// <summary>The text kept with the run; null when there is nothing to keep.</summary>
    public string? Write()
    {
        if (PlanIsPlain && Creator is null)
            return null;
        var json = new JsonObject();
        if (Parameters.Count > 0)
            json["parameters"] = Parameters.DeepClone();
        if (JobParameters.Count > 0)
            json["job_parameters"] = new JsonObject(JobParameters.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        if (Only.Count > 0)
            json["only"] = new JsonArray([.. Only.Select(key => (JsonNode)key)]);
        if (Creator is not null)
            json["creator"] = Creator;
        return json.Write();
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static RunOverrides Parse(string? text)
    {
        if (text is null)
            return None;
        var json = Json.Parse(text);
        return new RunOverrides(json.Object("parameters") ?? [], json.Map("job_parameters").ToDictionary(), json.Texts("only"), json.Text("creator"));
    }

    /// <summary>The values of all job parameters: defaults, with this run's on top.</summary>
    public Dictionary<string, string> Effective(JsonObject settings)
    {
        var values = settings.Objects("parameters").ToDictionary(p => p.Text("name")!, p => p.Text("default")!);
        foreach (var (name, value) in JobParameters)
            values[name] = value;
        return values;
    }
}
