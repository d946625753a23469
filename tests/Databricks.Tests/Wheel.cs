using System.IO.Compression;
using System.Text;

namespace Switchyard.Databricks.Tests;

/// <summary>Wheels made on the spot: nothing of these tests comes from a network.</summary>
public static class Wheel
{
    /// <summary>A wheel's file name.</summary>
    public static string Name(string package, string version = "1.0") => $"{package}-{version}-py3-none-any.whl";

    /// <summary>A wheel of one package.</summary>
    /// <param name="code">What its <c>__init__.py</c> says.</param>
    /// <param name="scripts">Its console scripts, as <c>name = package:function</c>.</param>
    public static byte[] Make(string package, string code, string version = "1.0", params string[] scripts)
    {
        var info = $"{package}-{version}.dist-info";
        var files = new Dictionary<string, string>
        {
            [$"{package}/__init__.py"] = code,
            [$"{info}/METADATA"] = $"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n",
            [$"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            [$"{info}/entry_points.txt"] = "[console_scripts]\n" + string.Join('\n', scripts) + "\n",
        };
        files[$"{info}/RECORD"] = string.Concat(files.Keys.Append($"{info}/RECORD").Select(name => $"{name},,\n"));
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, true))
        {
            foreach (var (name, text) in files)
            {
                using var entry = archive.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        return bytes.ToArray();
    }
}
