using System.Globalization;
using System.Text.Json.Nodes;

namespace Switchyard.Cloudera.Tests;

/// <summary>The document's own commands, with host, key and job id replaced and nothing else but print statements.</summary>
public sealed class DocumentTests
{
    private const string FirstCurl =
        """
        curl -v -XPOST http://cdsw.example.com/api/v1/projects/alice/risk-analysis/jobs/208/start    \
        --user "<API_KEY>:" --header "Content-type: application/json"
        """;

    private const string SampleCurl =
        """
        curl -v -XPOST http://cdsw.example.com/api/v1/projects/alice/risk-analysis/jobs/208/start      \
        --user "uysgxtj7jzkps96njextnxxmq05usp0b:" --header "Content-type: application/json"           \
        --data '{"environment": {"START_DATE": "2017-01-01", "END_DATE": "2017-01-31"}}'
        """;

    private const string SamplePython =
        """
        # example.py

        import requests
        import json

        HOST = "http://cdsw.example.com"
        USERNAME = "alice"
        API_KEY = "uysgxtj7jzkps96njextnxxmq05usp0b"
        PROJECT_NAME = "risk-analysis"
        JOB_ID = "208"

        url = "/".join([HOST, "api/v1/projects", USERNAME, PROJECT_NAME, "jobs", JOB_ID, "start"])
        job_params = {"START_DATE": "2017-01-01", "END_DATE": "2017-01-31"}
        res = requests.post(
            url,
            headers = {"Content-Type": "application/json"},
            auth = (API_KEY,""),
            data = json.dumps({"environment": job_params})
        )

        print("URL", url)
        print("HTTP status code", res.status_code)
        print("Engine ID", res.json().get('engine_id'))
        """;

    [Fact]
    public async Task The_documents_curl_commands_start_runs_with_and_without_variables()
    {
        await using var ml = await Ml.Start();
        var job = await RiskAnalysis(ml);

        var plain = await Ml.Run("/bin/bash", "-c", Real(FirstCurl, ml, job));
        Assert.Contains("from 2016-01-01 to 2016-12-31", await ml.Output(EngineOf(plain)));

        var sample = await Ml.Run("/bin/bash", "-c", Real(SampleCurl, ml, job));
        Assert.Contains("< HTTP/1.1 200 OK", sample);
        foreach (var header in new[] { "Access-Control-Allow-Origin: *", "Content-Type: application/json; charset=utf-8", "Vary: Accept-Encoding", "Transfer-Encoding: chunked" })
            Assert.Contains($"< {header}", sample);
        var engine = EngineOf(sample);
        Assert.Matches("^[0-9a-z]{16}$", engine);
        Assert.Contains("from 2017-01-01 to 2017-01-31", await ml.Output(engine));

        // For that run only.
        Assert.Contains("from 2016-01-01 to 2016-12-31", await ml.Output(await ml.Start(job)));
    }

    [Fact]
    public async Task The_documents_Python_sample_runs_as_it_is()
    {
        const string Python = "/usr/bin/python3";
        Assert.SkipUnless(File.Exists("/usr/lib/python3/dist-packages/requests/__init__.py"), "the Python package requests is not installed (apt-get install python3-requests)");
        await using var ml = await Ml.Start();
        var job = await RiskAnalysis(ml);
        var output = await Ml.Run(Python, "-c", Real(SamplePython, ml, job).Replace("\"208\"", $"\"{job}\"", StringComparison.Ordinal));
        Assert.Contains($"URL {ml.Yard.Address}api/v1/projects/alice/risk-analysis/jobs/{job}/start", output);
        Assert.Contains("HTTP status code 200", output);
        var engine = output[(output.IndexOf("Engine ID ", StringComparison.Ordinal) + 10)..].Trim();
        Assert.Contains("from 2017-01-01 to 2017-01-31", await ml.Output(engine));
    }

    /// <summary>The example's script and job.</summary>
    private static async Task<long> RiskAnalysis(Ml ml)
    {
        var folder = Path.Combine(Ml.Repository(), "examples", "cloudera", "risk-analysis");
        await ml.Put("analyse.py", await File.ReadAllTextAsync(Path.Combine(folder, "analyse.py")));
        await ml.Put("loans.csv", await File.ReadAllTextAsync(Path.Combine(folder, "loans.csv")));
        return await ml.Job(await File.ReadAllTextAsync(Path.Combine(folder, "job.json")));
    }

    private static string Real(string sample, Ml ml, long job) => sample
        .Replace("http://cdsw.example.com", ml.Yard.Address.ToString().TrimEnd('/'), StringComparison.Ordinal)
        .Replace("<API_KEY>", ml.Key, StringComparison.Ordinal)
        .Replace("uysgxtj7jzkps96njextnxxmq05usp0b", ml.Key, StringComparison.Ordinal)
        .Replace("jobs/208/", $"jobs/{job.ToString(CultureInfo.InvariantCulture)}/", StringComparison.Ordinal);

    private static string EngineOf(string output)
    {
        var begin = output.IndexOf("{\"engine_id\"", StringComparison.Ordinal);
        return JsonNode.Parse(output[begin..(output.IndexOf('}', begin) + 1)])!["engine_id"]!.GetValue<string>();
    }
}
