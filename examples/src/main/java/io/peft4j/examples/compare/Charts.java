package io.peft4j.examples.compare;

import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The charts of a report as SVG. */
final class Charts {

    private static final int WIDTH = 760;
    private static final int HEIGHT = 380;
    private static final int POINTS = 100;

    private Charts() {}

    /** Returns accuracy against trainable parameters, one mark per method. */
    static String qualityAgainstSize(Report report) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title("Accuracy against trainable parameters")
                .xAxisTitle("trainable parameters")
                .yAxisTitle("accuracy")
                .build();
        plain(chart);
        chart.getStyler().setXAxisLogarithmic(true);
        chart.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
        for (Row row : report.rows()) {
            chart.addSeries(row.method(), new double[] {row.size().trainable()}, new double[] {
                row.quality().accuracy()
            });
        }
        return svg(chart);
    }

    /** Returns the losses of all methods, averaged over neighbouring updates. */
    static String losses(Report report) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title("Training loss")
                .xAxisTitle("updates")
                .yAxisTitle("loss")
                .build();
        plain(chart);
        for (Row row : report.rows()) {
            List<Double> steps = new ArrayList<>();
            List<Double> means = new ArrayList<>();
            int window = Math.max(1, row.losses().size() / POINTS);
            for (int start = 0; start < row.losses().size(); start += window) {
                List<Double> part = row.losses()
                        .subList(start, Math.min(start + window, row.losses().size()));
                steps.add((double) start + part.size());
                means.add(
                        part.stream().mapToDouble(Double::doubleValue).average().orElseThrow());
            }
            chart.addSeries(row.method(), steps, means).setMarker(SeriesMarkers.NONE);
        }
        return svg(chart);
    }

    private static void plain(XYChart chart) {
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setPlotBorderVisible(false);
        chart.getStyler().setLegendBorderColor(Color.WHITE);
    }

    private static String svg(Chart<?, ?> chart) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            VectorGraphicsEncoder.saveVectorGraphic(chart, bytes, VectorGraphicsFormat.SVG);
            String svg = bytes.toString(StandardCharsets.UTF_8);
            return svg.substring(svg.indexOf("<svg"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
